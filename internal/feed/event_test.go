package feed_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/feed"
)

// S5
// Of a key only who sent it is told, and nobody of whose it is.
func TestData_keyOnlyForItsSender(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ body, actor, want string }{
		"sender":    {`{"seq":1,"key":"k","key_of":"li"}`, "li", `{"seq":1,"key":"k"}`},
		"another":   {`{"seq":1,"key":"k","key_of":"li"}`, "zhao", `{"seq":1}`},
		"nobody":    {`{"seq":1,"key":"k","key_of":"li"}`, "", `{"seq":1}`},
		"no sender": {`{"seq":1,"key":"k"}`, "", `{"seq":1}`},
		"no key":    {`{"seq":1}`, "li", `{"seq":1}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := feed.Event{Body: json.RawMessage(row.body)}.Data(row.actor)
			require.NoError(t, err)
			text, err := json.Marshal(got)
			require.NoError(t, err)
			require.JSONEq(t, row.want, string(text))
		})
	}
	for _, body := range []string{"", "[]", `{"key":"k","key_of":1}`} {
		_, err := feed.Event{Body: json.RawMessage(body)}.Data("li")
		require.Error(t, err, body)
	}
}
