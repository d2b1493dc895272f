"""The site of Django's admin, at which the pages of all apps register."""

from django.contrib import admin
from django.contrib.admin import sites


def replace_admin_site(site: admin.AdminSite) -> None:
    """Put a site in the place of Django's, before the first page registers; unfold has put its own there."""
    admin.site = sites.site = site
