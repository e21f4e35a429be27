package postgres_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/postgrestest"
)

func TestTracers_showStatementsWithoutValues(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	recorder := tracetest.NewSpanRecorder()
	tracers := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder))
	db, err := postgrestest.OpenLedger(t.Context(), f.DSN, f.Ring, postgrestest.WithPool(postgres.WithTracers(tracers)))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })

	require.NoError(t, db.WorkerBeat(t.Context(), uuid.NewString(), "canary"))
	require.Empty(t, recorder.Ended(), "what belongs to no trace begins none")

	ctx, span := tracers.Tracer("test").Start(t.Context(), "send")
	require.NoError(t, db.WorkerBeat(ctx, uuid.NewString(), "canary"))
	require.Error(t, db.WorkerBeat(ctx, "canary", "canary"), "no UUID")
	_, err = db.Turn(ctx, conversation.Ref{Tenant: "canary", Conversation: conversation.ID(uuid.NewString())})
	require.Error(t, err)
	span.End()

	var text strings.Builder
	states := map[string]bool{}
	for _, s := range recorder.Ended() {
		require.Equal(t, span.SpanContext().TraceID(), s.SpanContext().TraceID())
		fmt.Fprintln(&text, s.Name(), s.Attributes(), s.Events(), s.Status())
		for _, a := range s.Attributes() {
			if a.Key == attribute.Key("db.response.status_code") {
				states[a.Value.AsString()] = true
			}
		}
	}
	require.Contains(t, text.String(), "insert into workers")
	require.Contains(t, text.String(), "sql.tx.commit")
	require.NotContains(t, text.String(), "canary")
	require.Equal(t, map[string]bool{"22P02": true}, states, "invalid text representation")
}
