package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/lib/pq"

	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/routing"
)

// apply writes a change of the rule book as it stands, and returns the notice that it leaves for the run; nil for none. It is the
// one place that does; it decides nothing. What was loaded is not changed: call it once.
func (l *locked) apply(ctx context.Context, c lifecycle.Change) (*conversation.RunNotice, error) {
	for _, write := range []func(context.Context, lifecycle.Change) error{
		l.writeRow, l.writeAssignments, l.writeItem, l.writeMessages, l.writeKept, l.writePresences,
		l.writeTrace, l.publish, l.triggerDistribution, l.markEmpty,
	} {
		if err := write(ctx, c); err != nil {
			return nil, err
		}
	}
	if c.DropNotice {
		_, err := l.tx.ExecContext(ctx, `delete from outbox where tenant = $1 and conversation_id = $2`, l.ref.Tenant, l.ref.Conversation)
		return nil, err
	}
	if c.Notice == nil {
		return nil, nil //nolint:nilnil // the run knows
	}
	notice, err := noticeRun(ctx, l.tx, l.ref, c.Notice.Act, c.Notice.Assignment)
	return &notice, err
}

// triggerDistribution has the distribution look where the change may have made a match possible.
func (l *locked) triggerDistribution(ctx context.Context, c lifecycle.Change) error {
	if c.Distribute {
		if err := triggerDistribution(ctx, l.tx, l.ref.Tenant, atOnce); err != nil {
			return err
		}
	}
	if c.DistributeAt.IsZero() {
		return nil
	}
	return triggerDistribution(ctx, l.tx, l.ref.Tenant, c.DistributeAt)
}

func (l *locked) markEmpty(ctx context.Context, c lifecycle.Change) error {
	return markEmpty(ctx, l.tx, l.ref.Tenant, c.Empty)
}

func (l *locked) writeTrace(ctx context.Context, c lifecycle.Change) error {
	if c.Trace == nil {
		return nil
	}
	return insertTrace(ctx, l.tx, l.ref, c.Trace.Stage, c.Trace.Body)
}

// insertTrace keeps a step of a conversation's way to people.
func insertTrace(ctx context.Context, tx *transaction, c conversation.Ref, stage string, body any) error {
	encoded, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode a routing trace: %w", err)
	}
	const insert = `insert into routing_traces (tenant, conversation_id, stage, body) values ($1, $2, $3, $4)`
	_, err = tx.ExecContext(ctx, insert, c.Tenant, c.Conversation, stage, string(encoded))
	return err
}

// writeRow writes the conversation's row as it is after the change.
func (l *locked) writeRow(ctx context.Context, c lifecycle.Change) error {
	if c.Revision == 0 && c.Wishes == nil && c.Workstream == "" && !c.Escalated {
		return nil
	}
	s := l.After(c)
	const update = `
		update conversations set revision = $3, state = $4, holder = $5, epoch = $6, queue_id = nullif($7, '')::uuid,
			agent_id = nullif($8, '')::uuid, last_agent = coalesce(nullif($8, '')::uuid, last_agent), since = $9, waiting_since = $10, wait_until = $11,
			close_reason = nullif($12, ''), closed_at = case when $4 = 'closed' then coalesce(closed_at, $9) end,
			hand_over = nullif($13, ''), hand_over_turn = nullif($14, '')::uuid, hand_over_queue = nullif($15, '')::uuid, ending = nullif($16, ''),
			wished_at = case when $17 then $18 else wished_at end,
			workstream_id = coalesce(nullif($19, '')::uuid, workstream_id), escalated = escalated or $20
		where tenant = $1 and id = $2`
	_, err := l.tx.ExecContext(ctx, update, l.ref.Tenant, l.ref.Conversation, s.Revision, s.State, s.Holder, s.Epoch, string(s.Queue),
		string(s.Agent), s.Since, orNull(s.WaitingSince), orNull(s.Until), string(s.Reason),
		string(s.Wishes.HandOver), string(s.Wishes.Turn), string(s.Wishes.Queue), string(s.Wishes.Ending), c.Wishes != nil, l.now,
		string(c.Workstream), c.Escalated)
	return err
}

// writeAssignments writes what becomes of the live assignment, and a new one.
func (l *locked) writeAssignments(ctx context.Context, c lifecycle.Change) error {
	const update = `
		update assignments set state = $3, accepted_at = $4, ended_at = $5, holds_until = $6 where tenant = $1 and id = $2`
	for _, a := range []*lifecycle.Assignment{c.Over, c.Live} {
		if a == nil {
			continue
		}
		if _, err := l.tx.ExecContext(ctx, update, l.ref.Tenant, a.ID, a.State, orNull(a.AcceptedAt), orNull(a.EndedAt), orNull(a.HoldsUntil)); err != nil {
			return err
		}
	}
	if c.Made == nil {
		return nil
	}
	const insert = `
		insert into assignments (tenant, id, work_item_id, conversation_id, queue_id, agent_id, how, state, units, profiles, offered_at, deadline, accepted_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`
	a := c.Made
	_, err := l.tx.ExecContext(ctx, insert, l.ref.Tenant, a.ID, a.Item, l.ref.Conversation, a.Queue, a.Agent, a.How, a.State, a.Units,
		texts(a.Profiles), a.OfferedAt, orNull(a.Deadline), orNull(a.AcceptedAt))
	return err
}

// writeItem writes what becomes of the work item, a new one, and what it needs from now on.
func (l *locked) writeItem(ctx context.Context, c lifecycle.Change) error {
	if c.Skills != nil {
		if err := l.writeSkills(ctx, c.Skills); err != nil {
			return err
		}
	}
	if c.NewItem != nil {
		return l.insertItem(ctx, *c.NewItem)
	}
	if c.Item == nil {
		return nil
	}
	i := c.Item
	declined, err := encoded(i.Declined)
	if err != nil {
		return err
	}
	paused, err := encoded(i.Paused)
	if err != nil {
		return err
	}
	const update = `
		update work_items set state = $3, queue_id = $4, affinity_agent = nullif($5, '')::uuid, queued_at = $6, since = $7,
			declined = $8, paused = $9, overflow = case when $10 then overflow end, kept_until = $11
		where tenant = $1 and id = $2`
	_, err = l.tx.ExecContext(ctx, update, l.ref.Tenant, i.ID, i.State, i.Queue, string(i.KeptFor), i.QueuedAt, i.Since, declined, paused, i.Overflow != nil,
		orNull(i.KeptUntil))
	return err
}

// encoded is a map as a JSON object, also where it is nil.
func encoded[K comparable, V any](m map[K]V) (string, error) {
	if m == nil {
		return "{}", nil
	}
	text, err := json.Marshal(m)
	return string(text), err
}

func (l *locked) insertItem(ctx context.Context, i lifecycle.Item) error {
	skills, attributes, err := encodeNeeds(i.Skills, i.Attributes)
	if err != nil {
		return err
	}
	var overflow *asJSON[routing.Overflow]
	if i.Overflow != nil {
		overflow = &asJSON[routing.Overflow]{*i.Overflow}
	}
	const insert = `
		insert into work_items (tenant, id, conversation_id, queue_id, state, mode, priority, queued_at, since, units, profiles, skills, skill_match,
			presences, affinity_agent, preferred, demand, attributes, overflow, kept_until)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, nullif($15, '')::uuid, $16, $17, $18, $19, $20)`
	_, err = l.tx.ExecContext(ctx, insert, l.ref.Tenant, i.ID, l.ref.Conversation, i.Queue, i.State, i.Mode, i.Priority, i.QueuedAt, i.Since, i.Units,
		texts(i.Profiles), string(skills), i.SkillMatch, texts(i.Presences), string(i.KeptFor), texts(i.Preferred),
		l.demand(i, skills, attributes, texts(i.Preferred)), string(attributes), overflow, orNull(i.KeptUntil))
	return err
}

// demand is a hash of what decides which agents fit an item; the workstream is, by the limit that it may have. For whom it is kept
// and who has declined it are not in it: they change while it waits.
func (l *locked) demand(i lifecycle.Item, skills, attributes []byte, preferred []string) string {
	h := sha256.New()
	for _, part := range []any{l.Workstream.ID, i.Units, i.Profiles, string(skills), i.SkillMatch, i.Presences, preferred, string(attributes)} {
		fmt.Fprintf(h, "%v\x00", part)
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

func encodeNeeds(skills []routing.NeededSkill, attributes map[string]any) (_, _ []byte, err error) {
	encodedSkills, err := json.Marshal(append([]routing.NeededSkill{}, skills...))
	if err != nil {
		return nil, nil, fmt.Errorf("encode the skills that are needed: %w", err)
	}
	encodedAttributes, err := encoded(attributes)
	if err != nil {
		return nil, nil, errors.New("encode the attributes of a work item")
	}
	return encodedSkills, []byte(encodedAttributes), nil
}

func (l *locked) writeSkills(ctx context.Context, needed []routing.NeededSkill) error {
	skills, _, err := encodeNeeds(needed, nil)
	if err != nil {
		return err
	}
	const query = `select attributes, preferred from work_items where tenant = $1 and id = $2`
	var row struct {
		Attributes []byte         `db:"attributes"`
		Preferred  pq.StringArray `db:"preferred"`
	}
	if err := l.tx.GetContext(ctx, &row, query, l.ref.Tenant, l.Item.ID); err != nil {
		return err
	}
	const update = `update work_items set skills = $3, demand = $4 where tenant = $1 and id = $2`
	_, err = l.tx.ExecContext(ctx, update, l.ref.Tenant, l.Item.ID, string(skills), l.demand(*l.Item, skills, row.Attributes, row.Preferred))
	return err
}

// writeMessages fails what is queued, queues what is to be said, and has no line wait for the bot any more.
func (l *locked) writeMessages(ctx context.Context, c lifecycle.Change) error {
	if c.NoTurns {
		const answered = `update messages set wants_answer = false where tenant = $1 and conversation_id = $2 and wants_answer`
		if _, err := l.tx.ExecContext(ctx, answered, l.ref.Tenant, l.ref.Conversation); err != nil {
			return err
		}
	}
	if c.Fail != nil {
		if err := l.fail(ctx, *c.Fail); err != nil {
			return err
		}
	}
	for _, m := range c.Say {
		if err := l.say(ctx, m); err != nil {
			return err
		}
	}
	if c.Resend == nil {
		return nil
	}
	const update = `
		update deliveries set status = 'queued', reason = '', errcode = null, attempt_id = null, attempts = 0, epoch = $4, not_before = null, until = null,
			updated_at = now()
		where tenant = $1 and conversation_id = $2 and message_id = $3`
	_, err := l.tx.ExecContext(ctx, update, l.ref.Tenant, l.ref.Conversation, c.Resend.ID, c.Resend.Epoch)
	return err
}

// fail fails what is queued, and tells who is to be told.
func (l *locked) fail(ctx context.Context, f lifecycle.Failure) error {
	const fail = `
		with failed as (
			update deliveries set status = 'failed', reason = $3, updated_at = now()
			where tenant = $1 and conversation_id = $2 and status = 'queued' and ($4 or epoch is not null)
			returning message_id, seq)
		select message_id from failed order by seq`
	var failed []conversation.MessageID
	if err := l.tx.SelectContext(ctx, &failed, fail, l.ref.Tenant, l.ref.Conversation, f.Reason, f.Automated); err != nil || f.NotifyAgent == "" {
		return err
	}
	return publish(ctx, l.tx, l.ref.Tenant, each(failed, func(id conversation.MessageID) feedRow {
		return feedRowOf(l.ref.Conversation, l.Snapshot, lifecycle.Event{
			Kind: lifecycle.EventDelivery, Agent: f.NotifyAgent,
			Body: lifecycle.DeliveryBody{MessageID: id, Status: conversation.DeliveryFailed, Reason: f.Reason},
		})
	})...)
}

// say queues a message, sealed.
func (l *locked) say(ctx context.Context, m lifecycle.Message) error {
	seal, err := l.seal()
	if err != nil {
		return err
	}
	sealed, err := seal.sealBody(string(m.ID), body{Text: m.Text})
	if err != nil {
		return err
	}
	const insert = `
		with numbered as (update conversations set last_seq = $4 where tenant = $1 and id = $2),
		said as (
			insert into messages (tenant, id, conversation_id, seq, author, agent_id, kind, body, turn_id, turn_part, traceparent)
			values ($1, $3, $2, $4, $5, nullif($6, '')::uuid, 'text', $7, nullif($8, '')::uuid, case when $8 <> '' then $9::int end, $10))
		insert into deliveries (tenant, message_id, conversation_id, seq, epoch, status) values ($1, $3, $2, $4, nullif($11, 0)::bigint, 'queued')`
	_, err = l.tx.ExecContext(ctx, insert, l.ref.Tenant, l.ref.Conversation, m.ID, m.Seq, m.Author, string(m.Agent), sealed,
		string(m.Turn), m.Part, m.Trace, int64(m.Epoch))
	return err
}

// writeKept writes a note, and context variables.
func (l *locked) writeKept(ctx context.Context, c lifecycle.Change) error {
	if c.Note == nil && c.Context == nil {
		return nil
	}
	seal, err := l.seal()
	if err != nil {
		return err
	}
	if n := c.Note; n != nil {
		const insert = `insert into notes (tenant, id, conversation_id, author, body) values ($1, $2, $3, $4, $5)`
		if _, err := l.tx.ExecContext(ctx, insert, l.ref.Tenant, n.ID, l.ref.Conversation, n.Author, seal.sealNote(string(n.ID), n.Text)); err != nil {
			return err
		}
	}
	if c.Context == nil {
		return nil
	}
	return keepContext(ctx, l.tx, l.ref, seal, l.context, c.Context)
}

func (l *locked) writePresences(ctx context.Context, c lifecycle.Change) error {
	const update = `
		update agents set presence = $3, presence_manual = $4, presence_at = coalesce($5, presence_at),
			custom_presence = case when not $6 then custom_presence end, presence_before = case when not $6 then presence_before end
		where tenant = $1 and id = $2`
	for _, p := range c.Presences {
		if _, err := l.tx.ExecContext(ctx, update, l.ref.Tenant, p.Agent, p.Presence, p.Manual, orNull(p.Since), p.Reset); err != nil {
			return err
		}
	}
	return nil
}

// publish tells what the change says is to be told.
func (l *locked) publish(ctx context.Context, c lifecycle.Change) error {
	rows := make([]feedRow, 0, len(c.Feed))
	for _, e := range c.Feed {
		rows = append(rows, feedRowOf(l.ref.Conversation, l.After(c), e))
	}
	return publish(ctx, l.tx, l.ref.Tenant, rows...)
}

// standingBody is how a conversation stands, as desks are told.
func standingBody(s lifecycle.Snapshot) any {
	type offer struct {
		AssignmentID conversation.AssignmentID `json:"assignment_id"`
		AgentID      conversation.AgentID      `json:"agent_id"`
		Deadline     time.Time                 `json:"deadline"`
	}
	body := struct {
		Revision int64                `json:"revision"`
		State    conversation.State   `json:"state"`
		Holder   conversation.Holder  `json:"holder"`
		QueueID  conversation.QueueID `json:"queue_id,omitempty"`
		AgentID  conversation.AgentID `json:"agent_id,omitempty"`
		Offer    *offer               `json:"offer,omitempty"`
	}{s.Revision, s.State, s.Holder, s.Queue, s.Agent, nil}
	if a := s.Live; a != nil && a.State == lifecycle.Offered {
		body.Offer = &offer{a.ID, a.Agent, a.Deadline.UTC()}
	}
	return body
}

// feedRowOf is an event of a conversation, which stands like this then. Who hears of an agent's presence is told of no conversation.
func feedRowOf(id conversation.ID, after lifecycle.Snapshot, e lifecycle.Event) feedRow {
	row := feedRow{Kind: e.Kind, Conversation: id, Queue: e.Queue, Agent: e.Agent, Body: e.Body}
	if e.Body == nil {
		row.Body = standingBody(after)
	}
	if e.Kind == lifecycle.EventPresence {
		row.Conversation = ""
	}
	return row
}
