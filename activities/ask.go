package activities

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"

	"wxdesk/internal/bot"
	"wxdesk/internal/conversation"
	"wxdesk/internal/wechat"
)

const (
	// askTime bounds an Ask; the run allows a webhook as much.
	askTime = 10 * time.Second
	// botPatience is how long a bot may think; with the hand-over after it a customer waits at most ten seconds.
	botPatience = 8 * time.Second
	// storePatience is what an Ask leaves of its time for storing the answer.
	storePatience = 1500 * time.Millisecond
	// heartbeat is how often an Ask of a webhook says that its worker lives.
	heartbeat = time.Second
	// maxTexts is how many messages one answer may have.
	maxTexts = 3
)

// errNotStored: the bot answered, and the ledger did not keep it in time. The bot is not asked again.
var errNotStored = errors.New("activities: the bot's answer was not stored in time")

// AskInput asks for an answer to the oldest message that waits for the bot.
type AskInput struct {
	Where
	Bot bot.Kind // who is expected to answer; another kind of bot is not asked
}

// AskResult says what the bot did. The answer's text is in the ledger.
type AskResult struct {
	Result
	Outcome AskOutcome
	TurnID  conversation.MessageID `json:",omitempty"` // that was answered
	Bot     bot.Kind               `json:",omitempty"` // with AskOtherBot
}

// AskOutcome is the outcome of a question to a bot.
type AskOutcome string

// The outcomes.
const (
	AskAnswered AskOutcome = "answered"
	AskFailed   AskOutcome = "failed" // people are wanted in place of the bot
	AskNobody   AskOutcome = "nobody" // no message waits for the bot any more
	AskOtherBot AskOutcome = "other"  // the account has another kind of bot now, which was not asked
	AskLater    AskOutcome = "later"  // the ledger was away before the bot was asked
)

// Ask has the bot answer the oldest waiting message and keeps the answer. Before the first one of a conversation the classification
// rules are asked. If the bot fails, or the message cannot be read, a hand-over is wished.
//
// Promise: repeatable. The message is the key: the first stored answer stands, and then the message waits no more. A bot may be asked
// twice when a worker dies.
func (a *Activities) Ask(ctx context.Context, in AskInput) (AskResult, error) {
	return step(ctx, "ask the bot", func(ctx context.Context) (AskResult, error) {
		ctx, cancel := context.WithTimeout(ctx, askTime)
		defer cancel()
		turn, err := a.Ledger.Turn(ctx, in.ref())
		switch {
		case err != nil:
			return a.notAsked(ctx, in, err)
		case turn.Question.TurnID == "":
			return a.askedNobody(ctx, in, AskResult{Outcome: AskNobody})
		case turn.Question.Bot.Kind != in.Bot:
			return a.askedNobody(ctx, in, AskResult{Outcome: AskOtherBot, Bot: turn.Question.Bot.Kind})
		}
		ctx, span := a.Span(ctx, turn.Traceparent, "ask")
		defer span.End()
		if in.Bot != bot.KindFAQ {
			defer beat(ctx)()
		}
		if turn.Unclassified {
			if err := a.classify(ctx, in, turn); err != nil {
				return a.notAsked(ctx, in, err)
			}
		}
		answer, err := a.answerInTime(ctx, turn)
		switch log := activity.GetLogger(ctx); {
		case err != nil && readsLater(in, err):
			return AskResult{}, err
		case errors.Is(err, bot.ErrLeak):
			log.Error("bot answer with a secret or openid blocked", "turn_id", turn.Question.TurnID, "bot_id", turn.Question.Bot.ID)
			return a.failed(ctx, in)
		case err != nil:
			log.Warn("bot failed", "turn_id", turn.Question.TurnID, "bot", turn.Question.Bot.Kind, "error", err)
			return a.failed(ctx, in)
		}
		return a.store(ctx, in, turn, answer)
	})
}

// readsLater reports whether the FAQ could not be read only because the ledger is away.
func readsLater(in AskInput, err error) bool {
	return in.Bot == bot.KindFAQ && classOf(err, patientTries) == Away
}

// store keeps the answer. It insists for as long as the activity has time, because a webhook's answer may cost money and must not
// be asked for again.
func (a *Activities) store(ctx context.Context, in AskInput, turn bot.Turn, answer bot.Answer) (AskResult, error) {
	out := AskResult{Outcome: AskAnswered, TurnID: turn.Question.TurnID}
	deadline, _ := ctx.Deadline()
	err := insist(ctx, deadline.Add(-100*time.Millisecond), func(ctx context.Context) error {
		stored, err := a.Ledger.StoreAnswer(ctx, in.ref(), turn.Question.TurnID, turn.Epoch, answer)
		out.Result = result(stored)
		return err
	})
	switch {
	case err == nil:
		if len(answer.Ignored) > 0 {
			activity.GetLogger(ctx).Warn("bot request ignored", "turn_id", out.TurnID, "bot", turn.Question.Bot.Kind, "what", answer.Ignored)
		}
		return out, nil
	case classNow(ctx, err) == Away && in.Bot != bot.KindFAQ:
		return AskResult{}, fmt.Errorf("%w: %w", errNotStored, err)
	}
	return a.notAsked(ctx, in, err)
}

// notAsked returns what follows from an error of the ledger: another try, nothing, or people.
func (a *Activities) notAsked(ctx context.Context, in AskInput, err error) (AskResult, error) {
	switch class := classNow(ctx, err); {
	case class == Away && in.Bot == bot.KindFAQ:
		return AskResult{}, err
	case class == Away:
		activity.GetLogger(ctx).Warn("ledger unavailable, bot asked later", "error", err)
		return AskResult{Outcome: AskLater}, nil
	case class == Refused:
		return a.askedNobody(ctx, in, AskResult{Outcome: AskNobody})
	}
	activity.GetLogger(ctx).Error("bot turn failed, hand-over requested", "error", err)
	return a.failed(ctx, in)
}

// failed wishes a hand-over in place of the bot.
func (a *Activities) failed(ctx context.Context, in AskInput) (AskResult, error) {
	wished, err := a.Ledger.RequestHandOver(ctx, in.ref(), conversation.EscalatedFailed)
	return AskResult{Outcome: AskFailed, Result: result(wished)}, err
}

func (a *Activities) askedNobody(ctx context.Context, in AskInput, out AskResult) (AskResult, error) {
	stands, err := a.Ledger.ReadSituation(ctx, in.ref())
	out.Result = result(stands)
	return out, err
}

// answerInTime asks the bot. It ends early enough for the answer to be stored.
func (a *Activities) answerInTime(ctx context.Context, turn bot.Turn) (bot.Answer, error) {
	until := time.Now().Add(botPatience)
	deadline, _ := ctx.Deadline()
	if last := deadline.Add(-storePatience); turn.Question.Bot.Kind != bot.KindFAQ && last.Before(until) {
		until = last
	}
	patience, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	return a.answerTurn(patience, turn)
}

// beat tells Temporal that this worker lives, until the function that it returns is called. So the loss of a worker is noticed while
// there is time to ask again.
func beat(ctx context.Context) (end func()) {
	ctx, cancel := context.WithCancel(ctx)
	var beating sync.WaitGroup
	beating.Go(func() {
		tick := time.NewTicker(heartbeat)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				activity.RecordHeartbeat(ctx)
			}
		}
	})
	return func() {
		cancel()
		beating.Wait()
	}
}

// answerTurn asks the bot. If bot and customer repeat themselves in a loop, the answer is a wish for people, with a reason of its own
// (B10).
func (a *Activities) answerTurn(ctx context.Context, turn bot.Turn) (bot.Answer, error) {
	why := turn.Recent.Stops(turn.Question)
	if why == bot.LoopNone {
		answer, err := a.answer(ctx, turn.Question)
		if err == nil {
			err = presentable(answer)
		}
		if err != nil {
			return bot.Answer{}, err
		}
		if why = turn.Recent.Repeats(answer); why == bot.LoopNone {
			return answer, nil
		}
	}
	activity.GetLogger(ctx).Warn("bot loop stopped", "turn_id", turn.Question.TurnID, "bot", turn.Question.Bot.Kind, "reason", why)
	return bot.Answer{Command: bot.CommandEscalate, Reason: string(why)}, nil
}

// answer asks the bot. That it panics is its failure too.
func (a *Activities) answer(ctx context.Context, q bot.Question) (answer bot.Answer, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the bot panicked: %T", p) // the value may quote the message
		}
	}()
	return a.Bots.Answer(ctx, q)
}

// errNotPresentable says that a bot's answer cannot be shown to a customer.
var errNotPresentable = errors.New("the bot's answer is empty, too long or not understood")

func presentable(a bot.Answer) error {
	switch a.Command {
	case bot.CommandNone, bot.CommandEscalate, bot.CommandEnd:
	default:
		return errNotPresentable
	}
	if len(a.Texts) > maxTexts || len(a.Texts) == 0 && a.Command == bot.CommandNone {
		return errNotPresentable
	}
	for _, text := range a.Texts {
		if strings.TrimSpace(text) == "" || len(text) > wechat.MaxTextBytes {
			return errNotPresentable
		}
	}
	return nil
}
