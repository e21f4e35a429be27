package routing_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/routing"
)

func TestIsWholeNumber_textIsNone(t *testing.T) {
	t.Parallel()
	for _, yes := range []any{0, -3, int64(7), 7.0, -2.0, float64(1<<53 - 1), json.Number("12")} {
		require.True(t, routing.IsWholeNumber(yes), "%T %v", yes, yes)
	}
	for _, no := range []any{nil, true, "7", "", 7.5, float64(1 << 53), json.Number("7.5"), json.Number("x"), []any{1}, map[string]any{}} {
		require.False(t, routing.IsWholeNumber(no), "%T %v", no, no)
	}
}
