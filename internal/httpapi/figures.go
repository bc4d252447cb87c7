package httpapi

import (
	"context"

	"github.com/parlance-dev/parlance/internal/gen/api"
)

// GetMetrics returns the figures of this node.
func (a *API) GetMetrics(context.Context, api.GetMetricsRequestObject) (api.GetMetricsResponseObject, error) {
	return api.GetMetrics200JSONResponse(a.d.Metrics()), nil
}
