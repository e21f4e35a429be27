package story_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/harness"
)

// ACC-3, ACC-12
// Every kind of message and event that a phone can send stands in the transcript as what it is; what concerns no
// conversation does not.
func TestKinds_transcriptShowsEachKind(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	c := s.NewCustomer()
	acts := []struct {
		does   map[string]any
		kind   string
		text   string
		fields map[string]string // at least these
	}{
		{map[string]any{"text": "看看 <b>这个</b> & {{.}}"}, "text", "看看 <b>这个</b> & {{.}}", nil},
		{map[string]any{"kind": "image", "media_id": "picture-1"}, "image", "", map[string]string{"MediaId": "picture-1"}},
		{map[string]any{"kind": "voice", "media_id": "voice-1", "format": "amr"}, "voice", "", map[string]string{"MediaId": "voice-1", "Format": "amr"}},
		{map[string]any{"kind": "video", "media_id": "film-1", "thumb_media_id": "thumb-1"}, "video", "", map[string]string{"MediaId": "film-1", "ThumbMediaId": "thumb-1"}},
		{map[string]any{"kind": "location", "latitude": 31.23, "longitude": 121.47, "label": "上海"}, "location", "", map[string]string{"Label": "上海"}},
		{map[string]any{"kind": "link", "title": "Tea", "url": "https://example.com/tea"}, "link", "", map[string]string{"Title": "Tea", "Url": "https://example.com/tea"}},
		{map[string]any{"kind": "click", "key": "delivery"}, "CLICK", "", map[string]string{"EventKey": "delivery"}},
		{map[string]any{"kind": "scan", "scene": "table-7"}, "SCAN", "", map[string]string{"EventKey": "table-7"}},
	}
	s.CallSimulator(http.MethodPatch, "/settings", map[string]any{"window_messages": 100, "tap_messages": 100}, nil)
	for _, act := range acts {
		s.CallSimulator(http.MethodPost, c.Path()+"/say?wait=true", act.does, nil)
	}
	s.CallSimulator(http.MethodPost, c.Path()+"/say?wait=true", map[string]any{"kind": "view", "url": "https://example.com/"}, nil)
	c.WaitForAnswers(len(acts), 20*time.Second)

	require.Len(t, c.Conversations(), 1)
	var said []harness.Message
	for _, m := range s.Transcript(c.Conversations()[0].ID) {
		if m.Author == "customer" {
			said = append(said, m)
		}
	}
	require.Len(t, said, len(acts), "a view concerns no conversation")
	for i, act := range acts {
		require.Equal(t, act.kind, said[i].Kind)
		require.Equal(t, act.text, said[i].Text)
		require.Nil(t, said[i].Delivery)
		for name, value := range act.fields {
			require.Equal(t, value, said[i].Fields[name], "%s of %s", name, act.kind)
		}
	}
	require.Contains(t, c.Answers()[6], "leave the same day", "a menu tap asks by its key")
}
