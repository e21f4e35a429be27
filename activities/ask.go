package activities

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"

	"wxdesk/internal/conversation"
	"wxdesk/internal/wechat"
)

const (
	// botPatience is how long a bot may think; with the hand-over after it a customer waits at most ten seconds.
	botPatience = 8 * time.Second
	// maxTexts is how many messages one answer may have.
	maxTexts = 3
)

// AskInput is a turn: one message of the customer that the bot answers.
type AskInput struct {
	Where
	TurnID conversation.MessageID
	Epoch  conversation.Epoch
}

// AskResult says what the bot did with it. The answer's text is in the ledger.
type AskResult struct {
	Outcome  AskOutcome
	Messages []conversation.MessageID `json:",omitempty"` // to be sent, in order
	Command  conversation.Command     `json:",omitempty"`
	QueueID  conversation.QueueID     `json:",omitempty"` // with an escalation
}

// AskOutcome says how asking went.
type AskOutcome string

// The outcomes.
const (
	AskAnswered AskOutcome = "answered"
	AskFailed   AskOutcome = "failed" // the bot failed: people take over
	AskStale    AskOutcome = "stale"  // the holder has changed meanwhile: nothing follows
	AskLater    AskOutcome = "later"  // the ledger was out of reach: ask again
)

// Ask has the bot answer a turn and keeps the answer. Before the first one of a conversation the classification rules are
// asked.
//
// Promise: repeatable with a key. The turn's id is the key: the first stored answer stands, whoever asks again gets it. A
// bot may be asked twice when a worker dies.
func (a *Activities) Ask(ctx context.Context, in AskInput) (AskResult, error) {
	ctx, span := a.Span(ctx, in.Traceparent, "ask")
	defer span.End()

	turn, err := a.Ledger.Turn(ctx, in.ref(), in.TurnID, in.Epoch)
	if err != nil {
		return a.notAsked(ctx, err), nil
	}
	if turn.Stored != nil {
		return answered(*turn.Stored), nil
	}
	if turn.Unclassified {
		if err := a.classify(ctx, in); err != nil {
			return a.notAsked(ctx, err), nil
		}
	}

	patience, cancel := context.WithTimeout(ctx, botPatience)
	defer cancel()
	answer, err := a.answerTurn(patience, turn)
	switch {
	case errors.Is(err, conversation.ErrLater):
		return AskResult{Outcome: AskLater}, nil
	case errors.Is(err, conversation.ErrLeak):
		activity.GetLogger(ctx).Error("bot leaks", "turn_id", in.TurnID, "bot_id", turn.Question.Bot.ID)
		return AskResult{Outcome: AskFailed}, nil
	case err != nil:
		activity.GetLogger(ctx).Warn("bot failed", "turn_id", in.TurnID, "bot", turn.Question.Bot.Kind, "error", err)
		return AskResult{Outcome: AskFailed}, nil
	}

	stored, err := a.Ledger.StoreAnswer(ctx, in.ref(), in.TurnID, in.Epoch, answer)
	if err != nil {
		return a.notAsked(ctx, err), nil
	}
	if answer.QueueID != "" && stored.QueueID == "" {
		answer.Ignored = append(answer.Ignored, "an unknown queue")
	}
	if len(answer.Ignored) > 0 {
		activity.GetLogger(ctx).Warn("ignored what the bot asked for", "turn_id", in.TurnID, "bot", turn.Question.Bot.Kind, "what", answer.Ignored)
	}
	return answered(stored), nil
}

// answerTurn asks the bot. Where it and the customer go round in circles, what stands as its answer is a wish for people,
// for a reason of its own (B10).
func (a *Activities) answerTurn(ctx context.Context, turn conversation.Turn) (conversation.Answer, error) {
	why := turn.Lately.Stops(turn.Question)
	if why == conversation.LoopNone {
		answer, err := a.answer(ctx, turn.Question)
		if err == nil {
			err = presentable(answer)
		}
		if err != nil {
			return conversation.Answer{}, err
		}
		if why = turn.Lately.Repeats(answer); why == conversation.LoopNone {
			return answer, nil
		}
	}
	activity.GetLogger(ctx).Warn("bot stopped", "turn_id", turn.Question.TurnID, "bot", turn.Question.Bot.Kind, "reason", why)
	return conversation.Answer{Command: conversation.CommandEscalate, Reason: string(why)}, nil
}

// answer asks the bot. That it panics is its failure too.
func (a *Activities) answer(ctx context.Context, q conversation.Question) (answer conversation.Answer, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the bot panicked: %T", p) // the value may quote the message
		}
	}()
	return a.Bots.Answer(ctx, q)
}

func (a *Activities) notAsked(ctx context.Context, err error) AskResult {
	if stale(err) {
		return AskResult{Outcome: AskStale}
	}
	activity.GetLogger(ctx).Warn("ledger out of reach, asking later", "error", err)
	return AskResult{Outcome: AskLater}
}

func answered(s conversation.StoredAnswer) AskResult {
	return AskResult{Outcome: AskAnswered, Messages: s.MessageIDs, Command: s.Command, QueueID: s.QueueID}
}

// errNotPresentable says that a bot's answer cannot be shown to a customer.
var errNotPresentable = errors.New("the bot's answer is empty, too long or not understood")

func presentable(a conversation.Answer) error {
	switch a.Command {
	case conversation.CommandNone, conversation.CommandEscalate, conversation.CommandEnd:
	default:
		return errNotPresentable
	}
	if len(a.Texts) > maxTexts || len(a.Texts) == 0 && a.Command == conversation.CommandNone {
		return errNotPresentable
	}
	for _, text := range a.Texts {
		if strings.TrimSpace(text) == "" || len(text) > wechat.MaxTextBytes {
			return errNotPresentable
		}
	}
	return nil
}
