package upkeep_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/postgrestest"
)

// A large ledger is compared in pieces, and none is left out.
func TestReconcile_inPieces(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	f.Fill(t, 12_000)
	f.WaitMany(t, 2500)
	f.Exec(t, `update conversations set queue_id = null where state = 'open'`)
	var conversations []conversation.ID
	require.NoError(t, f.Raw.Select(&conversations, `select id from conversations where state = 'closed' order by id`))
	about := func(table string, places ...int) {
		for _, n := range places {
			switch table {
			case "work_items":
				f.Exec(t, `update work_items set state = 'waiting' where conversation_id = $1`, conversations[n])
			case "messages":
				f.Exec(t, `delete from messages where conversation_id = $1`, conversations[n])
			default:
				f.Exec(t, `delete from receipts where conversation_id = $1`, conversations[n])
			}
		}
	}
	about("work_items", 0, 6000, 11_999)
	about("messages", 1, 6001, 11_998)
	about("receipts", 2, 6002, 11_997)
	f.Exec(t, `insert into outbox (tenant, conversation_id, workflow_id, act, assignment) select 'default', id, '', 'x', false from conversations where state = 'closed' order by id limit 1500`)

	recorder := tracetest.NewSpanRecorder()
	tracers := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder))
	db := postgrestest.Open(t, f.DSN, f.Ring, postgrestest.WithPool(postgres.WithTracers(tracers)))
	statements := func(call func(ctx context.Context)) (n int) {
		ctx, span := tracers.Tracer("test").Start(t.Context(), "reconcile")
		before := len(recorder.Ended())
		call(ctx)
		span.End()
		for _, s := range recorder.Ended()[before:] {
			if s.Name() == "sql.conn.query" {
				n++
			}
		}
		return n
	}
	require.GreaterOrEqual(t, statements(func(ctx context.Context) {
		found, err := db.Disagreements(ctx, postgrestest.Tenant)
		require.NoError(t, err)
		by := map[string]int{}
		for _, d := range found {
			by[d.What]++
		}
		require.Equal(t, map[string]int{
			"an ended conversation still asks for people":       3,
			"a message that was taken is not in the transcript": 3,
			"a customer's message has no receipt":               3,
		}, by)
	}), 30)
	require.GreaterOrEqual(t, statements(func(ctx context.Context) {
		all, err := db.StandingReports(ctx, postgrestest.Tenant)
		require.NoError(t, err)
		seen := map[conversation.ID]bool{}
		for _, w := range all {
			seen[w.Conversation] = true
		}
		require.Len(t, seen, 4000)
		require.Len(t, all, 4000)
	}), 5)
}
