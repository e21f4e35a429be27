package events_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"wxdesk/api"
	"wxdesk/api/apitest"
	"wxdesk/internal/conversation"
	"wxdesk/internal/feed"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/routing"
)

type eventSchema struct {
	Required   []string
	Properties map[string]any
}

// Clients generate the types of events from the description, so it has to say what the ledger writes.
func TestEvents_dataIsAsDescribed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now().UTC()
		bodies := map[string]any{
			"conversation": json.RawMessage(`{"revision":2,"state":"open","holder":"queue","queue_id":"q","offer":{"assignment_id":"a","agent_id":"b","deadline":"2026-11-21T03:00:00Z"}}`),
			"left":         json.RawMessage(`{"revision":2,"state":"open","holder":"queue"}`),
			"message":      lifecycle.MessageBody{MessageID: "m", Seq: 1, Author: conversation.AuthorAgent, Keyed: lifecycle.Keyed{Key: "k", KeyOf: "o"}},
			"delivery":     lifecycle.DeliveryBody{MessageID: "m", Status: conversation.DeliveryFailed, Reason: "r"},
			"note":         lifecycle.NoteBody{NoteID: "n", Seq: 2, Author: "a"},
			"read":         json.RawMessage(`{"seq":3,"reader":"token-of-supervisor"}`),
			"step":         lifecycle.StepBody{Seq: 3},
			"offer":        lifecycle.OfferBody{AssignmentID: "a", QueueID: "q", Deadline: &now},
			"offer-over":   lifecycle.OfferBody{AssignmentID: "a", Outcome: lifecycle.Withdrawn},
			"presence":     lifecycle.PresenceBody{AgentID: apitest.AgentA, Presence: routing.Available, Shown: &routing.ShownPresence{ID: "p"}},
			"alert":        lifecycle.AlertBody{Alert: "queue-empty", QueueID: "q"},
			"settings":     lifecycle.SettingsBody{Kind: "queue", ID: apitest.QueueA},
			"reset":        nil,
		}
		w := apitest.NewWorld()
		h, _ := apitest.Run(t, w)
		schemas := eventSchemas(t, w)
		require.Len(t, schemas, len(bodies), "each event has a schema")
		l := apitest.OpenStream(t, h, "supervisor", "")
		for kind, body := range bodies {
			if kind == "reset" {
				continue
			}
			text, err := json.Marshal(body)
			require.NoError(t, err)
			e := feed.Event{Kind: kind, Conversation: apitest.ConvA, AgentID: apitest.AgentA, QueueID: apitest.QueueA, Body: text}
			if kind == "presence" || kind == "settings" {
				e.Conversation = ""
			}
			w.Feed.Publish(e)
		}
		synctest.Wait()
		seen := 0
		for event := range strings.SplitSeq(l.Body.String(), "\n\n") {
			name, rest, _ := strings.Cut(strings.TrimPrefix(event, "event: "), "\ndata: ")
			text, _, found := strings.Cut(rest, "\nid: ")
			if !found {
				continue
			}
			seen++
			var data map[string]any
			require.NoError(t, json.Unmarshal([]byte(text), &data))
			schema := schemas[name]
			for member := range data {
				require.Contains(t, schema.Properties, member, name)
			}
			for _, member := range schema.Required {
				require.Contains(t, data, member, name)
			}
		}
		require.Equal(t, len(bodies)-1, seen)
	})
}

// eventSchemas are the schemas of events in the API's description, by the event's name.
func eventSchemas(t *testing.T, w *apitest.World) map[string]eventSchema {
	t.Helper()
	text, err := api.New(w.Config()).OpenAPI()
	require.NoError(t, err)
	var doc struct {
		Components struct{ Schemas map[string]eventSchema }
	}
	require.NoError(t, yaml.Unmarshal(text, &doc))
	found := map[string]eventSchema{}
	for name, schema := range doc.Components.Schemas {
		if of, ok := strings.CutPrefix(name, "Event"); ok {
			found[kebab(of)] = schema
		}
	}
	return found
}

// kebab is OfferOver as offer-over.
func kebab(name string) string {
	var b strings.Builder
	for i, r := range name {
		if i > 0 && r < 'a' {
			b.WriteByte('-')
		}
		b.WriteString(strings.ToLower(string(r)))
	}
	return b.String()
}
