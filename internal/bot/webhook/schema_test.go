package webhook_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/bot"
	"wxdesk/internal/bot/webhook"
)

// schema is as much of JSON Schema (draft 2020-12) as webhook.schema.json uses.
type schema struct {
	Schema      string            `json:"$schema"`
	ID          string            `json:"$id"`
	Title       string            `json:"title"`
	Description string            `json:"description"`
	Ref         string            `json:"$ref"`
	Defs        map[string]schema `json:"$defs"`
	OneOf       []schema          `json:"oneOf"`
	AnyOf       []schema          `json:"anyOf"`
	Type        string            `json:"type"`
	Format      string            `json:"format"`
	Required    []string          `json:"required"`
	Properties  map[string]schema `json:"properties"`
	Items       *schema           `json:"items"`
	MaxItems    *int              `json:"maxItems"`
	MinLength   *int              `json:"minLength"`
	Minimum     *float64          `json:"minimum"`
	Maximum     *float64          `json:"maximum"`
	Enum        []string          `json:"enum"`
}

func webhookSchema(t *testing.T) schema {
	t.Helper()
	file, err := os.Open("webhook.schema.json")
	require.NoError(t, err)
	defer file.Close() //nolint:errcheck // only read
	d := json.NewDecoder(file)
	d.DisallowUnknownFields() // a keyword that this test would not heed
	var s schema
	require.NoError(t, d.Decode(&s))
	require.Equal(t, "https://json-schema.org/draft/2020-12/schema", s.Schema)
	return s
}

// check tells what is wrong with a value. Members that the schema does not name are wrong too: ours must all be in it.
func (root schema) check(s schema, at string, value any) (faults []string) {
	wrong := func(format string, args ...any) { faults = append(faults, at+": "+fmt.Sprintf(format, args...)) }
	if s.Ref != "" {
		s = root.Defs[strings.TrimPrefix(s.Ref, "#/$defs/")]
	}
	switch value := value.(type) {
	case map[string]any:
		if s.Type != "object" {
			wrong("an object, not a %s", s.Type)
		}
		for _, name := range s.Required {
			if _, ok := value[name]; !ok {
				wrong("%s is missing", name)
			}
		}
		for name, member := range value {
			property, known := s.Properties[name]
			if !known {
				wrong("%s is not described", name)
				continue
			}
			faults = append(faults, root.check(property, at+"."+name, member)...)
		}
	case []any:
		if s.Type != "array" || len(value) > *s.MaxItems {
			wrong("an array of %d, not a %s", len(value), s.Type)
			break
		}
		for _, item := range value {
			faults = append(faults, root.check(*s.Items, at+"[]", item)...)
		}
	case string:
		if s.Type != "string" || s.Enum != nil && !slices.Contains(s.Enum, value) || s.MinLength != nil && len(value) < *s.MinLength {
			wrong("%q", value)
		}
	case float64:
		if s.Type != "number" || value < *s.Minimum || value > *s.Maximum {
			wrong("%v", value)
		}
	case bool:
		if s.Type != "boolean" {
			wrong("a boolean, not a %s", s.Type)
		}
	default:
		wrong("%v", value)
	}
	return faults
}

// filled makes a value with every member that a schema names.
func (root schema) filled(s schema) any {
	if s.Ref != "" {
		s = root.Defs[strings.TrimPrefix(s.Ref, "#/$defs/")]
	}
	switch s.Type {
	case "object":
		all := map[string]any{}
		for name, property := range s.Properties {
			all[name] = root.filled(property)
		}
		return all
	case "array":
		return []any{root.filled(*s.Items)}
	case "number":
		return 1.5
	case "boolean":
		return true
	case "string":
		switch {
		case s.Enum != nil:
			return s.Enum[0]
		case s.Format == "date-time":
			return "2023-11-14T22:13:20Z"
		}
		return "x"
	}
	panic("a type that nobody knows: " + s.Type)
}

func asJSON(t *testing.T, v any) (out any) {
	t.Helper()
	text, err := json.Marshal(v)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &out))
	return out
}

// CTX-5
func TestWebhook_requestFitsTheSchema(t *testing.T) {
	t.Parallel()
	s := webhookSchema(t)
	fields := map[string]string{}
	for _, name := range []string{
		"EventKey", "bizmsgmenuid", "ScanCodeInfo/ScanResult", "MediaId", "ThumbMediaId", "PicUrl", "Format", "Recognition",
		"Label", "Title", "Description", "Url",
	} {
		fields[name] = "value of " + name
	}
	fields["Location_X"], fields["Location_Y"] = "23.134521", "113.358803"
	everything, plain := question(""), question("")
	everything.Fields, everything.Kind, everything.Language, everything.At = fields, "location", "zh-CN", time.Now()
	odd := question("")
	odd.Fields = map[string]string{"Location_X": "NaN", "Location_Y": "1e9"}
	for name, q := range map[string]bot.Question{"everything": everything, "plain": plain, "odd": odd} {
		require.Empty(t, s.check(s.Defs["request"], "request", asJSON(t, webhook.WireRequest(q))), name)
	}

	// And there is nothing in the schema that is never asked.
	message := asJSON(t, webhook.WireRequest(everything)).(map[string]any)["message"].(map[string]any)
	require.ElementsMatch(t, slices.Collect(maps.Keys(s.Defs["message"].Properties)), slices.Collect(maps.Keys(message)))
	require.Equal(t, map[string]any{"latitude": 23.134521, "longitude": 113.358803, "label": "value of Label"}, message["location"])
	require.Empty(t, message["text"], "an event has a key, not a text")
	require.NotContains(t, asJSON(t, webhook.WireRequest(odd)).(map[string]any)["message"], "location")
}

func TestWebhook_understandsTheWholeSchema(t *testing.T) {
	t.Parallel()
	s := webhookSchema(t)
	all := s.filled(s.Defs["answer"])
	require.Empty(t, s.check(s.Defs["answer"], "answer", all))
	text, err := json.Marshal(all)
	require.NoError(t, err)
	answer := webhook.WireAnswer()
	require.NoError(t, json.Unmarshal(text, answer))
	require.Equal(t, all, asJSON(t, answer), "every member of the schema has its place")
	got, err := answersWith(t, says(string(text)))
	require.NoError(t, err)
	require.Equal(t, bot.Answer{Texts: []string{"x"}, Command: "escalate", Reason: "x", Summary: "x", QueueID: "x", Context: map[string]any{}}, got)
}
