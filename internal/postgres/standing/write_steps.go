package standing

import (
	"encoding/json"
	"fmt"
	"time"

	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/postgres"
)

// StepColumns are the columns of a step, in the order of StepRecord.
const (
	StepColumns = `seq, what, author, author_id, queue_id, agent_id, reason, until, at`
	StepRecord  = `(seq bigint, what text, author text, author_id text, queue_id uuid, agent_id uuid, reason text, until timestamptz, at timestamptz)`
)

// StepRow is a step on its way into the table.
type StepRow struct {
	Seq      int64                   `json:"seq"`
	What     lifecycle.StepKind      `json:"what"`
	Author   conversation.WriterKind `json:"author"`
	AuthorID string                  `json:"author_id"`
	Queue    *conversation.QueueID   `json:"queue_id"`
	Agent    *conversation.AgentID   `json:"agent_id"`
	Reason   string                  `json:"reason"`
	Until    *time.Time              `json:"until"`
	At       time.Time               `json:"at"`
}

// StepRowOf is a step as a row.
func StepRowOf(s lifecycle.Step) StepRow {
	return StepRow{s.Seq, s.What, s.By.Kind, s.By.ID, postgres.Pointer(s.Queue), postgres.Pointer(s.Agent), s.Reason, postgres.OrNull(s.Until), s.At}
}

func encodeSteps(steps []lifecycle.Step) (string, error) {
	text, err := json.Marshal(postgres.Each(steps, StepRowOf))
	if err != nil {
		return "", fmt.Errorf("encode the steps of a conversation: %w", err)
	}
	return string(text), nil
}
