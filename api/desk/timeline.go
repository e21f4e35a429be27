package desk

import (
	"context"
	"time"

	"wxdesk/api/web"
	"wxdesk/internal/conversation"
)

// timelineView is a part of a conversation's timeline.
type timelineView struct {
	Items  []entryView `json:"items" nullable:"false" doc:"Oldest first"`
	Before bool        `json:"before" doc:"Whether there is something older"`
	After  bool        `json:"after" doc:"Whether there is something newer"`
}

// entryView is a message, a note or a step.
type entryView struct {
	Seq     int64          `json:"seq" doc:"One counter for all kinds; numbers may be missing"`
	At      time.Time      `json:"at"`
	Kind    string         `json:"kind" enum:"message,note,step"`
	Author  writerView     `json:"author"`
	Message *messageView   `json:"message,omitempty"`
	Note    *entryNoteView `json:"note,omitempty"`
	Step    *entryStepView `json:"step,omitempty"`
}

type writerView struct {
	Kind conversation.WriterKind `json:"kind" enum:"customer,bot,agent,system,user,token"`
	ID   *string                 `json:"id"`
	Name string                  `json:"name" doc:"Empty where there is none"`
}

type entryNoteView struct {
	ID   string  `json:"id" format:"uuid"`
	Text string  `json:"text"`
	Key  *string `json:"key" doc:"The Idempotency-Key under which you sent it, for a day; null for what others sent"`
}

type entryStepView struct {
	What   string      `json:"what" enum:"opened,handed-over,offered,accepted,declined,offer-over,picked,assigned,transferred,put-aside,resumed,ended,closed"`
	To     *stepToView `json:"to,omitempty" doc:"Where it went, or who was asked"`
	Reason string      `json:"reason,omitempty" doc:"A stable word"`
	Until  *time.Time  `json:"until,omitempty" doc:"Of what was put aside"`
}

type stepToView struct {
	QueueID string `json:"queue_id,omitempty" format:"uuid"`
	AgentID string `json:"agent_id,omitempty" format:"uuid"`
}

// ReadTimeline answers with the newest part of the timeline, or with the part that is asked for.
func (d *Desk) ReadTimeline(ctx context.Context, in *struct {
	ID     string             `path:"id" format:"uuid"`
	Before web.OptionalNumber `query:"before" doc:"What is older than this number"`
	After  web.OptionalNumber `query:"after" doc:"What is newer than this number"`
	Around web.OptionalNumber `query:"around" doc:"What is around this number"`
	Limit  int                `query:"limit" minimum:"1" maximum:"200" default:"50"`
},
) (*struct{ Body timelineView }, error) {
	r, given := conversation.TimelineRange{Limit: in.Limit}, 0
	for _, number := range []struct {
		asked web.OptionalNumber
		to    **int64
	}{{in.Before, &r.Before}, {in.After, &r.After}, {in.Around, &r.Around}} {
		if number.asked.Given {
			*number.to = &number.asked.Value
			given++
		}
	}
	if given > 1 {
		return nil, web.Invalid.Problem(web.FaultAt("query", "expected one of before, after and around"))
	}
	found, err := d.cfg.Conversations.Timeline(ctx, web.CallerOf(ctx).Viewer(), conversation.ID(in.ID), r)
	if err != nil {
		return nil, err
	}
	v := timelineView{Items: make([]entryView, len(found.Entries)), Before: found.Before, After: found.After}
	for i, e := range found.Entries {
		v.Items[i] = viewEntry(e)
	}
	return &struct{ Body timelineView }{v}, nil
}

func viewEntry(e conversation.Entry) entryView {
	v := entryView{Seq: e.Seq, At: e.At.UTC(), Author: writerView{e.By.Kind, web.OrNull(e.By.ID), e.By.Name}}
	switch {
	case e.Message != nil:
		m := viewMessage(*e.Message)
		v.Kind, v.Message = "message", &m
	case e.Note != nil:
		v.Kind, v.Note = "note", &entryNoteView{ID: e.Note.ID, Text: e.Note.Text, Key: web.OrNull(e.Note.Key)}
	default:
		v.Kind, v.Step = "step", viewStep(*e.Step)
	}
	return v
}

func viewStep(s conversation.TimelineStep) *entryStepView {
	v := &entryStepView{What: s.What, Reason: s.Reason, Until: web.TimeOrNull(s.Until)}
	if s.QueueID != "" || s.AgentID != "" {
		v.To = &stepToView{QueueID: string(s.QueueID), AgentID: string(s.AgentID)}
	}
	return v
}
