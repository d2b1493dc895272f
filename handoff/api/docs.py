"""The page that shows the OpenAPI description."""

from drf_spectacular.views import SpectacularSwaggerSplitView


class DocsView(SpectacularSwaggerSplitView):
    """A page, which has no answer to OPTIONS: DRF would look for its template."""

    metadata_class = None
