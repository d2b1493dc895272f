"""Run a part of the soak that needs Django, with the settings of the environment: `inside PART ARGUMENT ...`."""

import sys
from importlib import import_module

import django


def main() -> None:
    django.setup()
    import_module(f"benchmarks.soak.{sys.argv[1]}").main(*sys.argv[2:])


if __name__ == "__main__":
    main()
