package postgres_test

import (
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	"pgregory.net/rapid"

	"wxdesk/internal/access"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres/postgrestest"
)

// R6, DSK-2
// Whoever is first has it, whoever else comes is told so: fifty agents at once want each of the conversations.
func TestPick_oneOfManyWins(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	d.Stream("mode = 'pick', units = 1")
	const agents = 50
	conversations := postgrestest.Scale(12, 1000)
	var people []access.Principal
	for range agents {
		people = append(people, d.NewAgent("Agent "+uuid.NewString()))
	}
	d.Exec(t, `update agents set units = 1000000`)
	for range conversations {
		ref := d.Waiting(uuid.NewString())
		outcomes := make([]command.Result, agents)
		var group errgroup.Group
		for i, p := range people {
			cmd := d.Order(ref, p, command.Pick, "")
			group.Go(func() (err error) {
				for outcomes[i], err = d.Act(t.Context(), cmd); errors.Is(err, conversation.ErrBusy); { // as the API's answer asks for
					outcomes[i], err = d.Act(t.Context(), cmd)
				}
				if errors.Is(err, conversation.ErrNotFound) { // somebody else has it, and who came too late sees it no more
					outcomes[i].Refused, err = postgrestest.Unseen, nil
				}
				return err
			})
		}
		require.NoError(t, group.Wait())
		winners := 0
		for i, o := range outcomes {
			if o.Refused != "" {
				require.Contains(t, []command.Refusal{
					command.RefusedOfferOver, postgrestest.Unseen,
					command.RefusedCapacity, command.RefusedPresence, // who has won ten before is full
				}, o.Refused)
				continue
			}
			winners++
			require.Equal(t, people[i].AgentID, o.Conversation.AgentID)
		}
		require.Equal(t, 1, winners)
		d.Done(ref, people[winner(outcomes)], command.WrapUp)
		d.Closes(ref, conversation.ClosedByAgent)
	}
	require.Equal(t, conversations, d.Count(t, "assignments", "accepted_at is not null"))
}

func winner(outcomes []command.Result) int {
	for i, o := range outcomes {
		if o.Refused == "" {
			return i
		}
	}
	return -1
}

// R7, CAP-1
// Distributors, and agents who accept, reject, wrap up and close, all at once and at random. A trigger of the test's own looks
// at the end of each transaction, while the agent's rows are still locked, how much the agent has.
func TestCapacity_isNeverExceeded(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	d.Stream("wrap_up = 'always', units = 25")
	var people []access.Principal
	for range 6 {
		people = append(people, d.NewAgent("Agent "+uuid.NewString()))
	}
	d.Exec(t, `create table loads (agent_id uuid, units bigint)`)
	d.Exec(t, `
		create function note_load() returns trigger language plpgsql as $$ begin
			insert into loads select new.agent_id, coalesce(sum(units), 0) from assignments
			where agent_id = new.agent_id and state in ('offered', 'accepted') and (holds_until is null or holds_until > clock_timestamp());
			return null;
		end $$`)
	d.Exec(t, `
		create constraint trigger note_load after insert or update on assignments
		deferrable initially deferred for each row execute function note_load()`)

	operations := int64(postgrestest.Scale(400, 100_000))
	var done atomic.Int64
	var hands sync.WaitGroup
	for hand := range 4 {
		chance := rand.New(rand.NewPCG(7, uint64(hand))) //nolint:gosec // the same in each run
		hands.Go(func() {
			for done.Add(1) <= operations {
				if err := something(d, people, chance); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	hands.Wait()
	require.Zero(t, d.Count(t, "loads", "units > 100"), "four at once, and never more")
	require.Positive(t, d.Count(t, "loads", "units = 100"), "some were full")
	require.Greater(t, d.Count(t, "assignments", "accepted_at is not null"), int(operations/20))
}

// something happens: a customer comes, the distribution runs, or an agent acts on one of their conversations.
func something(d *postgrestest.Office, people []access.Principal, chance *rand.Rand) error {
	ctx := d.T.Context()
	switch n := chance.IntN(10); {
	case n < 2 && d.Count(d.T, "work_items", "state = 'waiting'") < 40:
		d.Waiting(uuid.NewString())
		return nil
	case n < 4:
		_, err := d.Distribute(ctx, postgrestest.Tenant)
		return err
	}
	by := people[chance.IntN(len(people))]
	var mine []struct {
		ID    conversation.ID    `db:"id"`
		State conversation.State `db:"state"`
		Asked bool               `db:"asked"`
	}
	const query = `
		select c.id, c.state, a.state = 'offered' as asked from assignments a join conversations c on c.id = a.conversation_id
		where a.agent_id = $1 and a.state in ('offered', 'accepted') order by random() limit 1`
	if err := d.Raw.SelectContext(ctx, &mine, query, by.AgentID); err != nil || len(mine) == 0 {
		return err
	}
	ref := conversation.Ref{Tenant: postgrestest.Tenant, Conversation: mine[0].ID}
	kind := command.WrapUp
	switch {
	case mine[0].Asked && chance.IntN(4) == 0:
		kind = command.Reject
	case mine[0].Asked:
		kind = command.Accept
	case mine[0].State == conversation.StateWrapUp:
		_, err := d.CloseConversation(ctx, ref, conversation.ClosedByAgent)
		return err
	}
	_, err := d.Act(ctx, d.Order(ref, by, kind, ""))
	if errors.Is(err, conversation.ErrNotFound) {
		return nil // it was given away meanwhile
	}
	return err
}

// Whatever is asked of a conversation that has ended, by whomever and in whatever order, it stays ended.
func TestProperty_nothingLeavesClosed(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li, mei := d.NewAgent("Li"), d.NewAgent("Mei")
	ref := d.Had("wang", li)
	d.Closes(ref, conversation.ClosedByAgent)
	row := d.Rows()
	rapid.Check(t, func(rt *rapid.T) {
		kind := rapid.SampledFrom([]command.Kind{
			command.Accept, command.Reject, command.Pick, command.Reply,
			command.Transfer, command.Wait, command.Resume, command.WrapUp,
			command.Close, command.Assign, command.ForceClose, command.SetContext,
		}).Draw(rt, "command")
		by := rapid.SampledFrom([]access.Principal{li, mei, d.Supervisor}).Draw(rt, "by")
		target := rapid.SampledFrom([]postgrestest.With{postgrestest.ToAgent(mei), postgrestest.ToQueue(d.TheQueue)}).Draw(rt, "to")
		out, err := d.Act(t.Context(), d.Order(ref, by, kind, `{"a":"b"}`, target))
		if by.AgentID == mei.AgentID {
			require.ErrorIs(rt, err, conversation.ErrNotFound)
		} else {
			require.NoError(rt, err)
			require.Equal(rt, command.RefusedClosed, out.Refused)
		}
		due, err := d.Due(t.Context(), ref)
		require.NoError(rt, err)
		require.Equal(rt, conversation.StateClosed, due.Standing.State)
		got, err := d.Receive(t.Context(), d.Batch(ref.Conversation, "wang", postgrestest.Says(uuid.NewString(), "hello?")))
		require.NoError(rt, err)
		require.True(rt, got.Ending)
		require.Equal(rt, 1, d.Count(t, "conversations", "state = 'closed'"))
	})
	require.Equal(t, len(row), len(d.Rows()), "nothing was made either")
}

// R9
// As long as anybody waits, those whom nobody has been asked for came after those who have.
func TestDistribute_longestWaitingFirst(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFloor(t)
	f.Agents(t, 50, 4)
	arrivals := postgrestest.Scale(1000, 10_000)
	f.Arrive(t, arrivals)
	for given := 0; given < arrivals; {
		n := f.MustDistribute(t, f.Ledger)
		require.Positive(t, n)
		given += n
		require.Zero(t, f.Count(t, "work_items w", `state = 'waiting' and since < (select max(since) from work_items where state = 'offered')`),
			"nobody was overtaken")
		f.Exec(t, `update assignments set state = 'ended', ended_at = now() where state = 'offered'`)
		f.Exec(t, `update work_items set state = 'done' where state = 'offered'`)
		f.Exec(t, `update agents set presence = 'available'`)
	}
}
