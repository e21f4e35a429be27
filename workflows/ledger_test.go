package workflows_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"wxdesk/activities"
	"wxdesk/internal/account"
	"wxdesk/internal/bot"
	"wxdesk/internal/callback"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/delivery"
	"wxdesk/internal/routing"
	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
)

// memory is a ledger in memory, with rules that are simple and those of the real one. What happens is noted in its log.
type memory struct {
	mu       sync.Mutex
	now      func() time.Time
	noBot    bool
	bot      bot.Kind
	idle     time.Duration
	receipts map[string]receipt // by message key
	rows     map[conversation.ID]*row
	log      []string
	batches  []int
	number   int
	outbox   []conversation.RunNotice

	hidesNotBefore bool // planted defect, with chaos.markingFails: a message is tried before its time
	hidesEnd       bool // planted defect: a conversation that is to end goes on until everything is sent
}

type receipt struct {
	delivery     string
	conversation conversation.ID
	at           time.Time
	outcome      callback.ReceiptOutcome
}

// row is a conversation with its messages.
type row struct {
	id       conversation.ID
	workflow string
	conversation.Standing
	handOver conversation.EscalationReason
	ending   conversation.CloseReason
	closed   conversation.CloseReason
	messages []*message
	accepted bool // people have seen it
}

type message struct {
	id        conversation.MessageID
	author    conversation.Author
	text      string
	epoch     conversation.Epoch
	wants     bool // an answer of the bot
	answered  bool
	at        time.Time
	status    conversation.DeliveryStatus // "" for the customer's
	reason    string
	attempt   string
	attempts  int
	until     time.Time
	notBefore time.Time
}

func newMemory(now func() time.Time) *memory {
	return &memory{
		now: now, bot: bot.KindFAQ, idle: 48 * time.Hour,
		receipts: map[string]receipt{}, rows: map[conversation.ID]*row{},
	}
}

func (m *memory) note(format string, args ...any) {
	m.log = append(m.log, fmt.Sprintf(format, args...))
}

// lock begins a transaction on a conversation.
func (m *memory) lock(c conversation.Ref) (*row, func(), error) {
	m.mu.Lock()
	r := m.rows[c.Conversation]
	if r == nil {
		m.mu.Unlock()
		return nil, nil, conversation.ErrNotFound
	}
	return r, m.mu.Unlock, nil
}

func (r *row) move(change func()) { change(); r.Revision++ }

// owed is the view of the real ledger.
func (m *memory) owed(r *row) (o conversation.Owed) {
	if r.State == conversation.StateClosed {
		return o
	}
	in := func(at time.Time) time.Duration { return max(at.Sub(m.now()), 0) }
	unsent := 0
	for _, msg := range r.messages {
		if msg.status == conversation.DeliveryQueued || msg.status == conversation.DeliverySending {
			unsent++
		}
	}
	for _, msg := range r.messages {
		if msg.wants && r.Holder == conversation.HolderBot && r.handOver == "" && r.ending == "" && unsent < 200 {
			o.Turn = true
		}
		if msg.status == conversation.DeliverySending {
			o.Send, o.SendIn = true, in(msg.until)
		}
	}
	if next := r.queued(); next != nil && !o.Send {
		o.Send = true
		if !m.hidesNotBefore {
			o.SendIn = in(next.notBefore)
		}
	}
	o.HandOver, o.End = r.handOver != "", r.ending != "" && !(m.hidesEnd && o.Send)
	return o
}

func (r *row) queued() *message {
	for _, msg := range r.messages {
		if msg.status == conversation.DeliveryQueued {
			return msg
		}
	}
	return nil
}

func (m *memory) situation(r *row) conversation.Situation {
	return conversation.Situation{Standing: r.Standing, Owed: m.owed(r)}
}

func (m *memory) AccountKeys(context.Context, conversation.Tenant, conversation.AccountID) (account.CallbackKeys, error) {
	return account.CallbackKeys{AppID: "wx", OriginalID: original, IDKey: []byte("id key")}, nil
}

// OpenPlain opens what says has sealed: nothing.
func (m *memory) OpenPlain(h callback.Received) ([]byte, error) {
	if strings.Contains(h.Ciphertext, "[panic]") {
		m.mu.Lock()
		m.note("panic")
		m.mu.Unlock()
		panic("the message")
	}
	return []byte(strings.TrimRight(h.Ciphertext, " ")), nil
}

func (m *memory) Receive(_ context.Context, in callback.Batch) (callback.Result, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.batches = append(m.batches, len(in.Arrivals))
	r := m.rows[in.Conversation]
	if r != nil && !m.hidesEnd && (r.ending != "" || r.State == conversation.StateClosed) {
		return callback.Result{Situation: m.situation(r), Ending: true, Begun: true}, nil
	}
	var got callback.Result
	for _, a := range in.Arrivals {
		got.Receipts = append(got.Receipts, m.arrive(in, a))
	}
	if r = m.rows[in.Conversation]; r != nil {
		got.Situation, got.Begun = m.situation(r), true
	}
	got.IdleClose, got.Bot = m.idle, m.bot
	return got, nil
}

func (m *memory) arrive(in callback.Batch, a callback.Arrival) callback.Receipt {
	if old, known := m.receipts[a.MessageKey]; known && (old.outcome != callback.ReceiptQuarantined || !a.Redriven) {
		if old.delivery == a.DeliveryID && old.conversation == in.Conversation {
			return callback.Receipt{Outcome: old.outcome}
		}
		m.note("repeat %s", a.Text)
		return callback.Receipt{Outcome: callback.ReceiptRepeat}
	}
	outcome := callback.ReceiptNew
	r := m.rows[in.Conversation]
	switch {
	case a.Quarantine != "":
		m.note("quarantine %s", a.Quarantine)
		outcome = callback.ReceiptQuarantined
	case a.Follow == callback.Unfollowed:
		m.note("unfollow")
		outcome = callback.ReceiptNoted
		if r != nil {
			r.ending = cmp.Or(r.ending, conversation.ClosedUnfollowed)
		}
	default:
		m.write(in, r, a)
	}
	m.receipts[a.MessageKey] = receipt{a.DeliveryID, in.Conversation, m.now(), outcome}
	return callback.Receipt{Outcome: outcome}
}

func (m *memory) write(in callback.Batch, r *row, a callback.Arrival) {
	if r == nil {
		for _, other := range m.rows {
			if other.State != conversation.StateClosed {
				m.end(other, conversation.ClosedSuperseded)
			}
		}
		r = &row{id: in.Conversation, workflow: in.WorkflowID, Standing: conversation.Standing{
			Revision: 1, State: conversation.StateActive, Holder: conversation.HolderBot, Epoch: 1,
		}}
		if m.noBot {
			r.State, r.Holder, r.handOver = conversation.StateOpen, conversation.HolderQueue, conversation.EscalatedNoBot
		}
		m.rows[in.Conversation] = r
		m.note("begin")
	}
	if r.ending == conversation.ClosedUnfollowed {
		r.ending = "" // left and came back within one batch
	}
	m.note("receive %s", a.Text)
	m.number++
	r.messages = append(r.messages, &message{
		id: conversation.MessageID(fmt.Sprintf("m%d", m.number)), author: conversation.AuthorCustomer, text: a.Text, at: m.now(),
		wants: a.WantsAnswer() && r.Holder == conversation.HolderBot && !strings.Contains(a.Text, "quiet"),
	})
}

// queue queues a message for the customer.
func (m *memory) queue(r *row, author conversation.Author, text string) conversation.MessageID {
	m.number++
	msg := &message{
		id: conversation.MessageID(fmt.Sprintf("m%d", m.number)), author: author, text: text, epoch: r.Epoch, at: m.now(),
		status: conversation.DeliveryQueued,
	}
	r.messages = append(r.messages, msg)
	return msg.id
}

func (m *memory) ReadSituation(_ context.Context, c conversation.Ref) (conversation.Situation, error) {
	r, unlock, err := m.lock(c)
	if err != nil {
		return conversation.Situation{}, err
	}
	defer unlock()
	return m.situation(r), nil
}

func (m *memory) Turn(_ context.Context, c conversation.Ref) (bot.Turn, error) {
	r, unlock, err := m.lock(c)
	if err != nil {
		return bot.Turn{}, err
	}
	defer unlock()
	if !m.owed(r).Turn {
		return bot.Turn{}, nil
	}
	line := r.waiting()
	if strings.Contains(line.text, "unreadable") {
		return bot.Turn{}, secret.ErrUnavailable
	}
	return bot.Turn{Epoch: r.Epoch, Question: bot.Question{TurnID: line.id, Text: line.text, Bot: bot.Bot{Kind: m.bot}}}, nil
}

func (r *row) waiting() *message {
	i := slices.IndexFunc(r.messages, func(msg *message) bool { return msg.wants })
	if i < 0 {
		return nil
	}
	return r.messages[i]
}

func (m *memory) ClassificationQuestion(context.Context, conversation.Ref, conversation.MessageID) (routing.Question, error) {
	panic("no turn is unclassified")
}

func (m *memory) StoreClassification(context.Context, conversation.Ref, conversation.MessageID, conversation.Epoch, routing.Decision) error {
	panic("no turn is unclassified")
}

func (m *memory) StoreAnswer(_ context.Context, c conversation.Ref, turn conversation.MessageID, epoch conversation.Epoch, a bot.Answer) (conversation.Situation, error) {
	r, unlock, err := m.lock(c)
	if err != nil {
		return conversation.Situation{}, err
	}
	defer unlock()
	line := r.find(turn)
	if line == nil || !line.wants || r.Epoch != epoch || r.handOver != "" || r.ending != "" || r.State == conversation.StateClosed {
		return m.situation(r), nil
	}
	line.wants, line.answered = false, true
	for _, text := range a.Texts {
		m.queue(r, conversation.AuthorBot, text)
	}
	switch {
	case a.Command == bot.CommandEscalate:
		r.handOver = conversation.EscalatedByBot
	case a.Command == bot.CommandEnd && r.waiting() == nil:
		r.ending = conversation.ClosedByBot
	}
	return m.situation(r), nil
}

func (r *row) find(id conversation.MessageID) *message {
	for _, msg := range r.messages {
		if msg.id == id {
			return msg
		}
	}
	return nil
}

func (m *memory) RequestHandOver(_ context.Context, c conversation.Ref, why conversation.EscalationReason) (conversation.Situation, error) {
	r, unlock, err := m.lock(c)
	if err != nil {
		return conversation.Situation{}, err
	}
	defer unlock()
	if r.waiting() != nil && r.Holder == conversation.HolderBot && r.handOver == "" && r.ending == "" && r.State != conversation.StateClosed {
		r.handOver = why
	}
	return m.situation(r), nil
}

func (m *memory) RoutingQuestion(_ context.Context, c conversation.Ref) (routing.Question, error) {
	r, unlock, err := m.lock(c)
	if err != nil {
		return routing.Question{}, err
	}
	defer unlock()
	if r.handOver == "" || r.State == conversation.StateClosed {
		return routing.Question{}, conversation.ErrClosed
	}
	return routing.Question{Now: m.now(), Facts: routing.Facts{}, Queues: []routing.QueueNow{{Queue: routing.Queue{ID: "q", Name: "Queue"}, Members: 1}}}, nil
}

func (m *memory) HandOver(_ context.Context, c conversation.Ref, _ routing.Decision) (conversation.Situation, error) {
	return m.handOver(c, true)
}

func (m *memory) HandOverPlainly(_ context.Context, c conversation.Ref, _ string) (conversation.Situation, error) {
	return m.handOver(c, false)
}

func (m *memory) handOver(c conversation.Ref, notice bool) (conversation.Situation, error) {
	r, unlock, err := m.lock(c)
	if err != nil {
		return conversation.Situation{}, err
	}
	defer unlock()
	if r.handOver == "" || r.State == conversation.StateClosed {
		return m.situation(r), nil
	}
	m.note("route %s", r.handOver)
	r.handOver = ""
	r.move(func() {
		r.State, r.Holder, r.QueueID = conversation.StateOpen, conversation.HolderQueue, "q"
		r.Epoch++
	})
	for _, msg := range r.messages {
		msg.wants = false
		if msg.author == conversation.AuthorBot && msg.status == conversation.DeliveryQueued {
			msg.status, msg.reason = conversation.DeliveryFailed, "superseded-by-person"
		}
	}
	if notice {
		m.queue(r, conversation.AuthorSystem, "notice")
	}
	return m.situation(r), nil
}

func (m *memory) Due(_ context.Context, c conversation.Ref) (conversation.Situation, error) {
	r, unlock, err := m.lock(c)
	if err != nil {
		return conversation.Situation{}, err
	}
	defer unlock()
	if len(r.Standing.Due) == 0 || r.Standing.Due[0].At.After(m.now()) || r.State == conversation.StateClosed {
		return m.situation(r), nil
	}
	what := r.Standing.Due[0].What
	m.note("due %s", what)
	r.move(func() {
		r.Standing.Due = nil
		switch what {
		case conversation.DueOffer:
			r.Offer = nil
		case conversation.DueIdle:
			r.ending = conversation.ClosedIdle
		}
	})
	return m.situation(r), nil
}

func (m *memory) Credentials(context.Context, conversation.Tenant, conversation.AccountID) (wechat.Credentials, error) {
	return wechat.Credentials{}, nil
}

func (m *memory) MarkSending(_ context.Context, c conversation.Ref, attempt string) (delivery.Marking, error) {
	r, unlock, err := m.lock(c)
	if err != nil {
		return delivery.Marking{}, err
	}
	defer unlock()
	settled := func(msg *message, status conversation.DeliveryStatus, reason string) (delivery.Marking, error) {
		msg.status, msg.reason = status, reason
		m.note("%s %s", status, msg.text)
		return delivery.Marking{MessageID: msg.id, Status: status, Reason: reason, Situation: m.situation(r)}, nil
	}
	for _, msg := range r.messages {
		switch {
		case msg.status == conversation.DeliverySending && msg.attempt == attempt:
			return m.goAhead(msg), nil
		case msg.status == conversation.DeliverySending && msg.until.After(m.now()):
			return delivery.Marking{Situation: m.situation(r)}, nil
		case msg.status == conversation.DeliverySending:
			return settled(msg, conversation.DeliveryUnknown, delivery.ReasonAnswerLost)
		}
	}
	msg := r.queued()
	switch {
	case msg == nil, msg.notBefore.After(m.now()), r.State == conversation.StateClosed:
		return delivery.Marking{Situation: m.situation(r)}, nil
	case msg.author == conversation.AuthorBot && msg.epoch != r.Epoch:
		return settled(msg, conversation.DeliveryFailed, "superseded-by-person")
	}
	msg.status, msg.attempt, msg.until = conversation.DeliverySending, attempt, m.now().Add(delivery.SendingLimit)
	msg.attempts++
	return m.goAhead(msg), nil
}

func (m *memory) goAhead(msg *message) delivery.Marking {
	return delivery.Marking{
		MessageID: msg.id, Status: conversation.DeliverySending, Attempts: msg.attempts, Outgoing: delivery.Outgoing{OpenID: "o", Text: msg.text},
	}
}

func (m *memory) RecordOutcome(_ context.Context, c conversation.Ref, id conversation.MessageID, attempt string, o wechat.SendOutcome) (conversation.Situation, error) {
	r, unlock, err := m.lock(c)
	if err != nil {
		return conversation.Situation{}, err
	}
	defer unlock()
	msg := r.find(id)
	if msg == nil || msg.attempt != attempt || msg.status != conversation.DeliverySending && msg.status != conversation.DeliveryUnknown {
		return m.situation(r), nil
	}
	if o.Status == wechat.SendLater {
		m.note("later %s", msg.text)
		msg.status, msg.notBefore = conversation.DeliveryQueued, m.now().Add(o.After)
		if r.State == conversation.StateClosed {
			msg.status, msg.reason = conversation.DeliveryFailed, "conversation-closed"
		}
		return m.situation(r), nil
	}
	m.note("%s %s", o.Status, msg.text)
	msg.status = conversation.DeliveryStatus(o.Status)
	return m.situation(r), nil
}

func (m *memory) CloseConversation(_ context.Context, c conversation.Ref, why conversation.CloseReason) (conversation.Situation, error) {
	r, unlock, err := m.lock(c)
	if err != nil {
		return conversation.Situation{}, nil //nolint:nilerr // it has no row, and stands nowhere
	}
	defer unlock()
	idle := why == conversation.ClosedIdle && r.ending == ""
	if r.State != conversation.StateClosed && !(idle && (r.Holder == conversation.HolderAgent || r.Offer != nil)) {
		m.end(r, cmp.Or(r.ending, why))
	}
	return m.situation(r), nil
}

// RunGone ends a conversation that has no run.
func (m *memory) RunGone(_ context.Context, c conversation.Ref) error {
	r, unlock, err := m.lock(c)
	if err != nil {
		return err
	}
	defer unlock()
	if r.State != conversation.StateClosed {
		m.end(r, cmp.Or(r.ending, conversation.ClosedSuperseded))
	}
	return nil
}

func (m *memory) end(r *row, why conversation.CloseReason) {
	m.note("close %s", why)
	r.move(func() {
		r.State, r.closed, r.Standing.Due, r.Offer = conversation.StateClosed, why, nil, nil
		r.Epoch++
	})
	for _, msg := range r.messages {
		if msg.status == conversation.DeliveryQueued {
			msg.status, msg.reason = conversation.DeliveryFailed, "conversation-closed"
		}
	}
}

// Sweep calls messages unknown whose marks are over, and lists what owes something and what somebody did of which the run was not
// told.
func (m *memory) Sweep(context.Context) (late []conversation.RunNotice, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	late, m.outbox = m.outbox, nil
	for _, id := range slices.Sorted(maps.Keys(m.rows)) {
		r := m.rows[id]
		for _, msg := range r.messages {
			if msg.status == conversation.DeliverySending && msg.until.Before(m.now()) {
				msg.status, msg.reason = conversation.DeliveryUnknown, delivery.ReasonAnswerLost
			}
		}
		if !m.owed(r).Nothing() {
			late = append(late, conversation.RunNotice{WorkflowID: r.workflow})
		}
	}
	return late, nil
}

// Forget has nothing to do: a memory is short enough.
func (m *memory) Forget(context.Context) (map[string]int64, error) { return nil, nil }

// act does what a person does, in the open conversation, and says whether there is one.
func (m *memory) act(kind command.Kind) (done conversation.ID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.rows {
		if r.State == conversation.StateClosed || r.ending != "" && kind != command.ForceClose {
			continue
		}
		m.note("act %s", kind)
		switch kind {
		case command.Accept:
			r.handOver, r.accepted = "", true
			r.move(func() {
				r.State, r.Holder, r.AgentID, r.Offer, r.Standing.Due = conversation.StateActive, conversation.HolderAgent, "agent", nil, nil
				r.Epoch++
			})
			for _, msg := range r.messages {
				msg.wants = false
			}
		case command.Assign: // offers it
			deadline := m.now().Add(2 * time.Minute)
			r.move(func() {
				r.Offer = &conversation.Offer{ID: "offer", AgentID: "agent", Deadline: deadline}
				r.Standing.Due = []conversation.Due{{What: conversation.DueOffer, At: deadline}}
			})
		case command.Reply:
			m.queue(r, conversation.AuthorAgent, fmt.Sprintf("reply %d", m.number))
		case command.Wait:
			r.move(func() {
				r.State = conversation.StateWaiting
				r.Standing.Due = []conversation.Due{{What: conversation.DueIdle, At: m.now().Add(time.Hour)}}
			})
		case command.Resend:
			for _, msg := range r.messages {
				if msg.status == conversation.DeliveryFailed || msg.status == conversation.DeliveryUnknown {
					msg.status, msg.attempt, msg.notBefore, msg.epoch = conversation.DeliveryQueued, "", time.Time{}, r.Epoch
					break
				}
			}
		case command.Close:
			if r.owesSends() {
				r.ending = conversation.ClosedByPerson
			} else {
				m.end(r, conversation.ClosedByPerson)
			}
		case command.ForceClose:
			m.end(r, conversation.ClosedByForce)
		}
		return r.id
	}
	return ""
}

func (r *row) owesSends() bool {
	return slices.ContainsFunc(r.messages, func(msg *message) bool {
		return msg.status == conversation.DeliveryQueued || msg.status == conversation.DeliverySending
	})
}

// keepNotice leaves a notice in the outbox, as an act does whose process dies before it has told the run.
func (m *memory) keepNotice(workflow string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.outbox = append(m.outbox, conversation.RunNotice{WorkflowID: workflow})
}

// ledger is what the memory stands for, whole.
type ledger interface {
	activities.Accounts
	activities.Callbacks
	activities.Transcript
	activities.Routing
	activities.Upkeep
}

var _ ledger = (*memory)(nil)
