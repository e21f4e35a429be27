package workflows_test

import (
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
	"wxdesk/internal/conversation"
	"wxdesk/internal/delivery"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/routing"
	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
)

// memory is a ledger in memory. The rule book of the real one decides; only storing is done anew. What happens is noted in its log.
type memory struct {
	mu        sync.Mutex
	now       func() time.Time
	noBot     bool
	bot       bot.Kind
	idle      time.Duration
	overflow  routing.Overflow
	allowance conversation.Allowance // of the customer
	receipts  map[string]receipt     // by message key
	rows      map[conversation.ID]*row
	log       []string
	batches   []int
	number    int // messages
	ids       int // other ids
	outbox    []conversation.RunNotice

	hidesNotBefore bool // planted defect, with chaos.markingFails: a message is tried before its time
	hidesEnd       bool // planted defect: a conversation that is to end goes on until everything is sent
	forgetsWishes  bool // planted defect: a wish for people is not written
}

type receipt struct {
	delivery     string
	conversation conversation.ID
	at           time.Time
	outcome      callback.ReceiptOutcome
}

type message struct {
	id        conversation.MessageID
	author    conversation.Author
	text      string
	epoch     conversation.Epoch
	asks      bool // for an answer of the bot
	wants     bool // an answer, and waits for it
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
		if msg.wants && r.Holder == conversation.HolderBot && (r.Wishes == lifecycle.Wishes{}) && unsent < 200 {
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
	o.HandOver, o.End = r.Wishes.HandOver != "", r.Wishes.Ending != "" && !(m.hidesEnd && o.Send)
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
	r, verdicts := m.rows[in.Conversation], m.verdicts(in)
	fresh := slices.ContainsFunc(verdicts, func(v verdict) bool { return v.write && v.outcome == callback.ReceiptNew })
	if r != nil && fresh && !m.hidesEnd && (r.Wishes.Ending != "" || r.State == conversation.StateClosed) {
		return callback.Result{Situation: m.situation(r), Ending: true, Begun: true}, nil
	}
	var got callback.Result
	var written lifecycle.Written
	leaves := slices.ContainsFunc(verdicts, func(v verdict) bool { return v.write && v.outcome == callback.ReceiptNoted })
	for i, a := range in.Arrivals {
		got.Receipts = append(got.Receipts, callback.Receipt{Outcome: verdicts[i].outcome})
		if fresh && r == nil && verdicts[i].outcome == callback.ReceiptNew {
			r, written.Begun, written.NoBot = m.begin(in), true, m.noBot
		}
		m.write(r, a, verdicts[i], leaves, &written)
		if verdicts[i].write {
			m.receipts[a.MessageKey] = receipt{a.DeliveryID, in.Conversation, m.now(), verdicts[i].outcome}
		}
	}
	if r != nil {
		m.apply(r, lifecycle.Wrote(m.now(), m.snapshot(r), written))
		if leaves {
			m.apply(r, lifecycle.Unfollowed(m.now(), m.snapshot(r)))
		}
		got.Situation, got.Begun = m.situation(r), true
	}
	got.IdleClose, got.Bot = m.idle, m.bot
	return got, nil
}

// verdict is what becomes of an arrival.
type verdict struct {
	outcome callback.ReceiptOutcome
	write   bool // false: all is written already
}

// verdicts judges the arrivals of a batch. What one of them brings is known to those after it.
func (m *memory) verdicts(in callback.Batch) (list []verdict) {
	known := maps.Clone(m.receipts)
	for _, a := range in.Arrivals {
		v := verdict{callback.ReceiptNew, true}
		old, again := known[a.MessageKey]
		switch {
		case again && (old.outcome != callback.ReceiptQuarantined || !a.Redriven):
			v = verdict{callback.ReceiptRepeat, false}
			if old.delivery == a.DeliveryID && old.conversation == in.Conversation {
				v.outcome = old.outcome
			}
		case a.Quarantine != "":
			v.outcome = callback.ReceiptQuarantined
		case a.Follow == callback.Unfollowed:
			v.outcome = callback.ReceiptNoted
		}
		if v.write {
			known[a.MessageKey] = receipt{a.DeliveryID, in.Conversation, m.now(), v.outcome}
		}
		list = append(list, v)
	}
	return list
}

// begin makes the conversation's row, and gives up what a lost run has left open.
func (m *memory) begin(in callback.Batch) *row {
	m.supersedeAll()
	r := m.begun(in.Conversation, in.WorkflowID)
	m.rows[in.Conversation] = r
	m.note("begin")
	return r
}

// write writes what an arrival brings.
func (m *memory) write(r *row, a callback.Arrival, v verdict, leaves bool, written *lifecycle.Written) {
	switch {
	case v.outcome == callback.ReceiptRepeat:
		m.note("repeat %s", a.Text)
	case !v.write:
	case v.outcome == callback.ReceiptQuarantined:
		m.note("quarantine %s", a.Quarantine)
	case v.outcome == callback.ReceiptNoted:
		m.note("unfollow")
	default:
		m.note("receive %s", a.Text)
		m.number++
		asks := a.WantsAnswer() && r.Holder == conversation.HolderBot && !strings.Contains(a.Text, "quiet")
		msg := &message{
			id: conversation.MessageID(fmt.Sprintf("m%d", m.number)), author: conversation.AuthorCustomer, text: a.Text, at: m.now(),
			asks: asks && !leaves, wants: asks && !leaves && ((r.Wishes == lifecycle.Wishes{}) || m.hidesEnd),
		}
		r.messages = append(r.messages, msg)
		r.LastCustomerAt, m.allowance = m.now(), m.allowance.Opened(a.Trigger, m.now())
		written.Lines = append(written.Lines, lifecycle.Line{ID: msg.id, Seq: int64(m.number)})
	}
}

// queue queues a message for the customer.
func (m *memory) queue(r *row, msg message) {
	m.number++
	msg.at, msg.status = m.now(), conversation.DeliveryQueued
	r.messages = append(r.messages, &msg)
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
	reply := lifecycle.Reply{Epoch: epoch, Turn: turn, Command: a.Command, MoreLines: r.waits() > 1}
	change, ok := lifecycle.Answered(m.now(), m.snapshot(r), reply)
	if !ok || line == nil || !line.wants {
		return m.situation(r), nil
	}
	line.wants, line.answered = false, true
	for i, text := range a.Texts {
		m.queue(r, message{id: conversation.MessageID(fmt.Sprintf("%s.%d", turn, i)), author: conversation.AuthorBot, text: text, epoch: epoch})
	}
	m.apply(r, change)
	return m.situation(r), nil
}

// waits counts the lines that wait for the bot.
func (r *row) waits() (n int) {
	for _, msg := range r.messages {
		if msg.wants {
			n++
		}
	}
	return n
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
	if line := r.waiting(); line != nil && r.BotActs() {
		line.wants = false
		m.apply(r, lifecycle.RequestHandOver(m.now(), m.snapshot(r), why, line.id))
	}
	return m.situation(r), nil
}

func (m *memory) RoutingQuestion(_ context.Context, c conversation.Ref) (routing.Question, error) {
	r, unlock, err := m.lock(c)
	if err != nil {
		return routing.Question{}, err
	}
	defer unlock()
	if r.Wishes.HandOver == "" || r.State == conversation.StateClosed {
		return routing.Question{}, conversation.ErrClosed
	}
	return routing.Question{Now: m.now(), Facts: routing.Facts{}, Queues: []routing.QueueNow{{Queue: routing.Queue{ID: queueID, Name: "Queue"}, Members: 1}}}, nil
}

func (m *memory) HandOver(_ context.Context, c conversation.Ref, to routing.Decision) (conversation.Situation, error) {
	r, unlock, err := m.lock(c)
	if err != nil {
		return conversation.Situation{}, err
	}
	defer unlock()
	why := r.Wishes.HandOver
	if change := lifecycle.HandOver(m.now(), m.snapshot(r), to); !change.Nothing() {
		m.note("route %s", why)
		m.apply(r, change)
	}
	return m.situation(r), nil
}

func (m *memory) HandOverPlainly(ctx context.Context, c conversation.Ref, why string) (conversation.Situation, error) {
	return m.HandOver(ctx, c, routing.Decision{QueueID: queueID, Alert: why})
}

func (m *memory) Due(_ context.Context, c conversation.Ref) (conversation.Situation, error) {
	r, unlock, err := m.lock(c)
	if err != nil {
		return conversation.Situation{}, err
	}
	defer unlock()
	s := m.snapshot(r)
	if what := lifecycle.DueNow(m.now(), s); what != "" {
		m.note("due %s", what)
		m.apply(r, lifecycle.Due(m.now(), s))
	}
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
	if msg == nil || msg.notBefore.After(m.now()) {
		return delivery.Marking{Situation: m.situation(r)}, nil
	}
	asked := lifecycle.Queued{Conversation: r.Standing}
	if msg.epoch != 0 {
		asked.Epoch = &msg.epoch
	}
	left, reason := lifecycle.Send(m.now(), asked, m.allowance)
	if reason != "" {
		return settled(msg, conversation.DeliveryFailed, reason)
	}
	m.allowance = left
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
			msg.status, msg.reason = conversation.DeliveryFailed, lifecycle.ReasonClosed
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
	m.apply(r, lifecycle.End(m.now(), m.snapshot(r), why))
	return m.situation(r), nil
}

// RunGone ends a conversation that has no run.
func (m *memory) RunGone(_ context.Context, c conversation.Ref) error {
	r, unlock, err := m.lock(c)
	if err != nil {
		return err
	}
	defer unlock()
	m.supersede(r)
	return nil
}

func (m *memory) supersede(r *row) { m.apply(r, lifecycle.Void(m.now(), m.snapshot(r))) }

func (m *memory) supersedeAll() {
	for _, id := range slices.Sorted(maps.Keys(m.rows)) {
		if r := m.rows[id]; r.State != conversation.StateClosed {
			m.supersede(r)
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
