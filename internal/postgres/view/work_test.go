package view_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres/postgrestest"
)

// R29
// What an agent is shown costs as much as it shows, however many wait.
func TestWork_readsOnlyWhatItShows(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	mei := f.NewAgent(t, "Mei")
	f.Exec(t, `insert into queue_members (tenant, queue_id, agent_id) values ($1, $2, $3)`, postgrestest.Tenant, postgrestest.FirstQueue, mei)
	var shown int
	work := func(db *postgrestest.Ledger) error {
		w, err := db.Work(t.Context(), postgrestest.Viewing(mei))
		shown = len(w.Open)
		return err
	}
	f.WaitMany(t, 20)
	twenty := f.Reads(t, work)
	require.Equal(t, 20, shown)
	f.WaitMany(t, 80)
	hundred := f.Reads(t, work)
	require.Equal(t, 100, shown)
	require.Less(t, hundred, 6*twenty)
	f.WaitMany(t, 4900)
	thousands := f.Reads(t, work)
	require.Equal(t, 100, shown)
	require.Less(t, thousands, 3*hundred, "the first hundred of 5,000, each by indexes that are two blocks deep")
	f.WaitMany(t, 15_000)
	require.Less(t, f.Reads(t, work), thousands*11/10, "the first hundred of 20,000")
}

// R29
// A list reads what it shows, whatever it is narrowed by.
func TestConversations_readFewOfMany(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	mei := f.NewAgent(t, "Mei")
	other := uuid.NewString()
	f.Exec(t, `
		insert into accounts (tenant, id, name, original_id, app_id, mode, kind, reply_mode, verified, language, idle_close_ms, id_key, app_secret)
		select tenant, $1, name, original_id, 'wx00000000000000ff', mode, kind, reply_mode, verified, language, idle_close_ms, id_key, app_secret
		from accounts`, other)
	f.Customers(t, 500)
	const history = `
		insert into conversations (tenant, id, account_id, customer_id, workflow_id, state, holder, agent_id, queue_id, opened_at, closed_at)
		select 'default', gen_random_uuid(), $1, c.id, '', 'closed', 'agent', $2, $3, now() - n * interval '1 minute', now()
		from customers c, generate_series($4::int, $5::int) n`
	f.Exec(t, history, f.TheAccount.ID, f.NewAgent(t, "Bo"), postgrestest.FirstQueue, 1, 100)
	f.Exec(t, history, other, mei, nil, 101, 110) // all older than the others
	f.Exec(t, `
		with items as (
			insert into work_items (tenant, id, conversation_id, queue_id, state, mode, since, units, skill_match, presences, demand)
			select 'default', gen_random_uuid(), id, $2, 'done', 'push', now(), 25, 'none', '{available}', '' from conversations where agent_id = $1
			returning id, conversation_id)
		insert into assignments (tenant, id, work_item_id, conversation_id, queue_id, agent_id, how, state, units, offered_at, accepted_at, ended_at)
		select 'default', gen_random_uuid(), id, conversation_id, $2, $1, 'offer', 'ended', 25, now(), now(), now() from items`, mei, postgrestest.FirstQueue)
	f.Exec(t, `analyze`)
	var table int // blocks of all conversations: what a scan of them reads at least
	require.NoError(t, f.Raw.Get(&table, `select pg_relation_size('conversations') / current_setting('block_size')::int`))

	var one conversation.ID
	require.NoError(t, f.Raw.Get(&one, `select id from conversations where agent_id = $1 order by opened_at limit 1`, mei))
	require.Less(t, f.Reads(t, func(db *postgrestest.Ledger) error {
		_, err := db.Conversation(t.Context(), postgrestest.Viewing(mei), one)
		return err
	}), 200)

	var some conversation.CustomerID
	require.NoError(t, f.Raw.Get(&some, `select id from customers limit 1`))
	var ids []conversation.ID // of Mei
	require.NoError(t, f.Raw.Select(&ids, `select id from conversations where agent_id = $1 limit 40`, mei))
	var now time.Time
	require.NoError(t, f.Raw.Get(&now, `select now()`))
	ordered := func(o conversation.Order) conversation.Filter { return conversation.Filter{Order: o} }
	for name, c := range map[string]struct {
		viewer access.Viewer
		filter conversation.Filter
		shown  int
	}{
		"all":                        {postgrestest.Everything, conversation.Filter{}, 20},
		"of an agent":                {postgrestest.Everything, conversation.Filter{AgentID: mei}, 20},
		"of an account":              {postgrestest.Everything, conversation.Filter{AccountID: conversation.AccountID(other)}, 20},
		"of a queue":                 {postgrestest.Everything, conversation.Filter{QueueID: postgrestest.FirstQueue}, 20},
		"open ones":                  {postgrestest.Everything, conversation.Filter{States: []conversation.State{conversation.StateActive}}, 0},
		"of a customer":              {postgrestest.Everything, conversation.Filter{CustomerID: some}, 20},
		"of a workstream":            {postgrestest.Everything, conversation.Filter{WorkstreamID: postgrestest.DefaultWorkstream}, 0},
		"of a holder":                {postgrestest.Everything, conversation.Filter{Holder: conversation.HolderBot}, 0},
		"unanswered":                 {postgrestest.Everything, conversation.Filter{Unanswered: true}, 0},
		"of ids":                     {postgrestest.Everything, conversation.Filter{IDs: ids}, 20},
		"of a time":                  {postgrestest.Everything, conversation.Filter{From: now.Add(-time.Hour), To: now.Add(-30 * time.Minute)}, 20},
		"by activity":                {postgrestest.Everything, ordered(conversation.OrderActivity), 0},
		"by wait":                    {postgrestest.Everything, ordered(conversation.OrderWaited), 0},
		"by answer":                  {postgrestest.Everything, ordered(conversation.OrderAnswer), 0},
		"an agent's, of ids":         {postgrestest.Viewing(mei), conversation.Filter{IDs: ids}, 20},
		"an agent's, unanswered":     {postgrestest.Viewing(mei), conversation.Filter{Unanswered: true}, 0},
		"an agent's, by answer":      {postgrestest.Viewing(mei), ordered(conversation.OrderAnswer), 0},
		"an agent's own":             {postgrestest.Viewing(mei), conversation.Filter{}, 20},
		"an agent's own, closed":     {postgrestest.Viewing(mei), conversation.Filter{States: []conversation.State{conversation.StateClosed}}, 20},
		"an agent's, of the account": {postgrestest.Viewing(mei), conversation.Filter{AccountID: conversation.AccountID(other)}, 20},
	} {
		t.Run(name, func(t *testing.T) {
			var page []conversation.Conversation
			var after conversation.Position
			for range 2 { // the first page and the second
				reads := f.Reads(t, func(db *postgrestest.Ledger) (err error) {
					page, err = db.Conversations(t.Context(), c.viewer, c.filter, after, 20)
					return err
				})
				require.Len(t, page, c.shown)
				require.Less(t, reads, table/2, "of the table's %d blocks", table)
				if c.shown > 0 {
					last := page[len(page)-1]
					after = last.PositionIn(conversation.OrderOpened)
				}
			}
		})
	}
}
