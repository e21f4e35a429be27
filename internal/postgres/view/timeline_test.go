package view_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/access"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres/postgrestest"
	"wxdesk/internal/postgres/sealing"
)

// described is a timeline in words: each entry's author, and what they did.
func described(t conversation.Timeline) (lines []string) {
	for _, e := range t.Entries {
		line := string(e.By.Kind)
		if e.By.Kind == conversation.WriterAgent {
			line = e.By.Name
		}
		switch {
		case e.Message != nil:
			line += " says"
		case e.Note != nil:
			line += " notes"
		default:
			line += " " + e.Step.What
		}
		lines = append(lines, line)
	}
	return lines
}

func TestTimeline_hasEverythingInOrder(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li, zhao := d.NewAgent("Li"), d.NewAgent("Zhao")
	ref := d.Waiting("wang")
	d.MustDistribute()
	var first conversation.AgentID
	require.NoError(t, d.Raw.Get(&first, `select agent_id from assignments where state = 'offered'`))
	one, other := li, zhao
	if first == zhao.AgentID {
		one, other = zhao, li
	}
	d.Done(ref, one, command.Reject)
	d.MustDistribute()
	d.Done(ref, other, command.Accept)
	require.Empty(t, d.Command(ref, other, command.Reply, "hello").Refused)
	require.Empty(t, d.Command(ref, other, command.Note, "third time").Refused)
	d.Done(ref, other, command.Wait)
	d.Writes(ref, "wang", "here again")
	d.MustDistribute()
	d.Done(ref, d.Supervisor, command.ForceClose)

	found, err := d.Timeline(t.Context(), postgrestest.Everything, ref.Conversation, conversation.TimelineRange{Limit: 50})
	require.NoError(t, err)
	require.False(t, found.Before || found.After)
	require.Equal(t, []string{
		"customer opened", "customer says", "bot handed-over", "system says", "system offered", one.Name + " declined", "system offered", other.Name + " accepted",
		other.Name + " says", other.Name + " notes", other.Name + " put-aside", "customer says", "customer resumed", "system offered",
		"token offer-over", "token closed",
	}, described(found))
	last := int64(-1)
	for _, e := range found.Entries {
		require.Greater(t, e.Seq, last)
		last = e.Seq
		require.WithinDuration(t, time.Now(), e.At, time.Minute)
	}
	require.Equal(t, "force-closed", found.Entries[15].Step.Reason)
	require.Equal(t, postgrestest.Canary+" here again", found.Entries[11].Message.Text)
	require.Equal(t, "third time", found.Entries[9].Note.Text)
	require.Equal(t, string(other.AgentID), found.Entries[9].By.ID)
	require.Equal(t, "supervisor", found.Entries[15].By.Name)
	require.Equal(t, 1, d.Count(t, "feed", "kind = 'step' and (body ->> 'seq')::bigint = $1", last))
}

// S5
// A key is shown to who sent the message, and to nobody else: not to a colleague who had the conversation, not to a supervisor.
func TestTimeline_keyOnlyForItsSender(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li, zhao := d.NewAgent("Li"), d.NewAgent("Zhao")
	ref := d.Had("wang", li)
	keys := map[string]string{}
	for _, kind := range []command.Kind{command.Reply, command.Note} {
		order := d.Order(ref, li, kind, string(kind))
		done, err := d.Act(t.Context(), order)
		require.NoError(t, err)
		require.Empty(t, done.Refused)
		keys[string(done.MessageID)] = order.Key
	}
	d.Done(ref, d.Supervisor, command.Assign, postgrestest.ToAgent(zhao))
	shown := func(v access.Viewer) (found map[string]string) {
		found = map[string]string{}
		all, err := d.Timeline(t.Context(), v, ref.Conversation, conversation.TimelineRange{Limit: 50})
		require.NoError(t, err)
		for _, e := range all.Entries {
			switch {
			case e.Message != nil && e.Message.Key != "":
				found[string(e.Message.ID)] = e.Message.Key
			case e.Note != nil && e.Note.Key != "":
				found[e.Note.ID] = e.Note.Key
			}
		}
		list, err := d.Messages(t.Context(), v, ref.Conversation, 0, 50)
		require.NoError(t, err)
		for _, m := range list {
			require.Equal(t, found[string(m.ID)], m.Key)
		}
		return found
	}
	require.Equal(t, keys, shown(li.Viewer()))
	for _, v := range []access.Viewer{zhao.Viewer(), d.Supervisor.Viewer(), postgrestest.Everything} {
		require.Empty(t, shown(v))
	}
	d.Exec(t, `delete from commands`) // a day later
	require.Empty(t, shown(li.Viewer()))

	for _, kind := range []string{"message", "note"} {
		require.Equal(t, 1, d.Count(t, "feed", "kind = $1 and body ->> 'key_of' = $2", kind, li.ActorID()), kind)
	}
	notes, err := d.Notes(t.Context(), li.Viewer(), ref.Conversation, "", 1)
	require.NoError(t, err)
	require.Contains(t, keys, notes[0].ID)
	notes, err = d.Notes(t.Context(), li.Viewer(), ref.Conversation, notes[0].ID, 1)
	require.NoError(t, err)
	require.Empty(t, notes)
}

func TestTimeline_answersWithTheAskedPart(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li := d.NewAgent("Li")
	ref := d.Had("wang", li)
	for n := range 20 {
		d.Writes(ref, "wang", fmt.Sprint("line ", n))
		require.Empty(t, d.Command(ref, li, command.Note, fmt.Sprint("note ", n)).Refused)
	}
	read := func(r conversation.TimelineRange) conversation.Timeline {
		found, err := d.Timeline(t.Context(), li.Viewer(), ref.Conversation, r)
		require.NoError(t, err)
		return found
	}
	all := read(conversation.TimelineRange{Limit: 200})
	require.False(t, all.Before || all.After)
	n := len(all.Entries)
	require.Greater(t, n, 42)
	number := func(i int) *int64 { return &all.Entries[i].Seq }

	newest := read(conversation.TimelineRange{Limit: 10})
	require.Equal(t, conversation.Timeline{Entries: all.Entries[n-10:], Before: true}, newest)
	require.Equal(t, conversation.Timeline{Entries: all.Entries[n-20 : n-10], Before: true, After: true},
		read(conversation.TimelineRange{Before: number(n - 10), Limit: 10}))
	require.Equal(t, conversation.Timeline{Entries: all.Entries[:3], After: true}, read(conversation.TimelineRange{Before: number(3), Limit: 10}))
	require.Equal(t, conversation.Timeline{Entries: all.Entries[4:14], Before: true, After: true}, read(conversation.TimelineRange{After: number(3), Limit: 10}))
	require.Equal(t, conversation.Timeline{Entries: []conversation.Entry{}, Before: true}, read(conversation.TimelineRange{After: number(n - 1), Limit: 10}))
	require.Equal(t, conversation.Timeline{Entries: all.Entries[16:26], Before: true, After: true}, read(conversation.TimelineRange{Around: number(20), Limit: 10}))
	require.Equal(t, all, read(conversation.TimelineRange{Around: number(20), Limit: 200}))

	_, err := d.Timeline(t.Context(), d.NewAgent("Bo").Viewer(), ref.Conversation, conversation.TimelineRange{Limit: 10})
	require.ErrorIs(t, err, conversation.ErrNotFound)
	_, err = d.Timeline(t.Context(), access.Viewer{Tenant: "another"}, ref.Conversation, conversation.TimelineRange{Limit: 10})
	require.ErrorIs(t, err, conversation.ErrNotFound)
}

// A caller may ask for numbers that no entry has.
func TestTimeline_numbersBeyondBothEnds(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	ref := d.Had("wang", d.NewAgent("Li"))
	read := func(r conversation.TimelineRange) conversation.Timeline {
		r.Limit = 50
		found, err := d.Timeline(t.Context(), postgrestest.Everything, ref.Conversation, r)
		require.NoError(t, err)
		return found
	}
	all := read(conversation.TimelineRange{})
	require.NotEmpty(t, all.Entries)
	zero, highest := int64(0), int64(math.MaxInt64)
	require.Equal(t, all, read(conversation.TimelineRange{Before: &highest}), "nothing is newer")
	require.Equal(t, all, read(conversation.TimelineRange{Around: &highest}))
	require.Equal(t, all, read(conversation.TimelineRange{Around: &zero}))
	require.Equal(t, conversation.Timeline{Entries: []conversation.Entry{}, After: true}, read(conversation.TimelineRange{Before: &zero}))
	require.Equal(t, conversation.Timeline{Entries: []conversation.Entry{}, Before: true}, read(conversation.TimelineRange{After: &highest}))
}

// What happened stays readable without the customer's key. What was said and noted does not.
func TestTimeline_hidesWhatDoesNotOpen(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li := d.NewAgent("Li")
	ref := d.Had("wang", li)
	require.Empty(t, d.Command(ref, li, command.Reply, "hello").Refused)
	require.Empty(t, d.Command(ref, li, command.Note, "third time").Refused)
	read := func() []conversation.Entry {
		found, err := d.Timeline(t.Context(), li.Viewer(), ref.Conversation, conversation.TimelineRange{Limit: 50})
		require.NoError(t, err)
		return found.Entries
	}
	before := read()
	d.Exec(t, `update customers set data_key = 'erased'`)
	after := read()
	require.Len(t, after, len(before))
	for i, e := range after {
		require.Equal(t, before[i].By, e.By)
		switch {
		case e.Message != nil:
			require.Equal(t, sealing.Unavailable, e.Message.Text)
			require.Empty(t, e.Message.Fields)
		case e.Note != nil:
			require.Equal(t, sealing.Unavailable, e.Note.Text)
		default:
			require.Equal(t, before[i].Step, e.Step)
		}
	}
}
