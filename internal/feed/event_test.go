package feed_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/access"
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

// S5
// How far somebody has read is told to them alone, whatever they may see besides.
func TestFor_readMarksOnlyToTheirReader(t *testing.T) {
	t.Parallel()
	read := feed.Event{Kind: feed.KindRead, Body: json.RawMessage(`{"seq":1,"reader":"li","by":"zhao"}`)}
	for reader, want := range map[string]bool{"li": true, "zhao": false, "l": false, "": false} {
		require.Equal(t, want, read.For(access.Viewer{Reader: reader}, nil), reader)
	}
	read.Body = json.RawMessage(`{"seq":1,"reader":""}`)
	require.False(t, read.For(access.Viewer{}, nil), "nobody's")
}
