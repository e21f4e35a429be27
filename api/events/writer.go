package events

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"wxdesk/internal/feed"
)

// writer writes server-sent events.
type writer struct {
	gin  *gin.Context
	mark func(feed.Position) string
	who  string // the actor who reads; see access.Principal
}

// writeAll writes events, in order.
func (w *writer) writeAll(all []feed.Event) error {
	for _, t := range all {
		if err := w.writeOne(t); err != nil {
			return err
		}
	}
	return nil
}

// writeOne writes an event: the row's body with the ids that it is about.
func (w *writer) writeOne(t feed.Event) error {
	data := map[string]any{}
	body, err := t.Data(w.who)
	if err != nil {
		return fmt.Errorf("write an event: %w", err)
	}
	for name, id := range map[string]string{
		"conversation_id": string(t.Conversation), "queue_id": string(t.QueueID), "agent_id": string(t.AgentID),
	} {
		if id != "" {
			data[name] = id
		}
	}
	data["at"] = t.At.UTC()
	for name, value := range maps.All(body) {
		data[name] = value
	}
	text, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("encode an event: %w", err)
	}
	return w.write("event: " + t.Kind + "\ndata: " + string(text) + "\nid: " + w.mark(t.Position) + "\n\n")
}

// reset tells the client to read everything again. The stream sends what happens from now on.
func (w *writer) reset(at feed.Position) error {
	return w.write("event: reset\ndata: {}\nid: " + w.mark(at) + "\n\n")
}

// renewCursor writes a line without an event. Its id is a new cursor for the client.
func (w *writer) renewCursor(at feed.Position) error {
	return w.write(": here\nid: " + w.mark(at) + "\n\n")
}

func (w *writer) write(text string) error {
	control := http.NewResponseController(w.gin.Writer)
	_ = control.SetWriteDeadline(time.Now().Add(writeWithin)) // recorders in tests have none
	if _, err := strings.NewReader(text).WriteTo(w.gin.Writer); err != nil {
		return fmt.Errorf("write an event: %w", err)
	}
	if err := control.Flush(); err != nil {
		return fmt.Errorf("write an event: %w", err)
	}
	return nil
}
