"""The pages of a list as links: the neighbours of the one that is shown, the first and the last."""

from dataclasses import dataclass

from django.contrib.admin.views.main import PAGE_VAR, ChangeList


@dataclass(frozen=True)
class PageLink:
    """A page that one can go to; without an address it stands for those that are left out."""

    label: str
    name: str = ""
    link: str = ""
    is_here: bool = False


def pages_of(changelist: ChangeList) -> list[PageLink]:
    """Nothing where all fits on one page."""
    paginator, here = changelist.paginator, changelist.page_num
    if paginator.num_pages < 2:
        return []
    shown = paginator.get_elided_page_range(here, on_each_side=2, on_ends=1)
    links = [_link(changelist, page) for page in shown]
    if here > 1:
        links.insert(0, _link(changelist, here - 1, "← Previous"))
    if here < paginator.num_pages:
        links.append(_link(changelist, here + 1, "Next →"))
    return links


def _link(changelist: ChangeList, page: int | str, label: str = "") -> PageLink:
    if not isinstance(page, int):
        return PageLink(str(page))
    is_here = page == changelist.page_num
    name = label.strip("← →") + " page" if label else f"Page {page}"
    return PageLink(label or str(page), name, changelist.get_query_string({PAGE_VAR: page}), is_here)
