package web_test

import (
	"compress/gzip"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"wxdesk/api/apitest"
	"wxdesk/internal/access"
	"wxdesk/internal/feed"
	"wxdesk/internal/user"
)

const hundredConversations = "/v1/conversations?limit=100"

func TestCompress_longAnswersWhenAsked(t *testing.T) {
	t.Parallel()
	h := apitest.WithConversations(100).Handler()
	plain := apitest.Call(t, h, "supervisor", http.MethodGet, hundredConversations, "")
	require.Empty(t, plain.Header().Get("Content-Encoding"))
	require.Equal(t, "Accept-Encoding", plain.Header().Get("Vary"))

	zipped := apitest.Call(t, h, "supervisor", http.MethodGet, hundredConversations, "", "Accept-Encoding", "br, gzip;q=0.5")
	require.Equal(t, "gzip", zipped.Header().Get("Content-Encoding"))
	require.Equal(t, http.StatusOK, zipped.Code)
	require.Less(t, zipped.Body.Len(), plain.Body.Len()/5)
	opened, err := gzip.NewReader(zipped.Body)
	require.NoError(t, err)
	zipped.Body = apitest.ReadAll(t, opened)
	require.Equal(t, plain.Body.String(), zipped.Body.String())
}

func TestCompress_leavesOthersAsTheyAre(t *testing.T) {
	t.Parallel()
	h := apitest.WithConversations(100).Handler()
	for _, accepted := range []string{"", "br", "gzip;q=0", "gzip; Q=0.0", "*, gzip;q=0", "identity, *;q=0"} {
		answer := apitest.Call(t, h, "supervisor", http.MethodGet, hundredConversations, "", "Accept-Encoding", accepted)
		require.Empty(t, answer.Header().Get("Content-Encoding"), accepted)
	}
	short := apitest.Call(t, h, "supervisor", http.MethodGet, "/v1/me", "", "Accept-Encoding", "gzip")
	require.Equal(t, http.StatusOK, short.Code)
	require.Empty(t, short.Header().Get("Content-Encoding"))
	require.NotEmpty(t, short.Body.String())

	problem := apitest.Call(t, h, "supervisor", http.MethodGet, "/v1/conversations?nothing=1", "", "Accept-Encoding", "gzip")
	apitest.RequireProblem(t, problem, http.StatusUnprocessableEntity, "invalid")
}

// Each event must go out at once, whatever the browser takes.
func TestCompress_leavesTheEventStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := apitest.NewWorld()
		h, _ := apitest.Run(t, w)
		boss := w.People.Add(user.User{Name: "Boss", Role: access.RoleSupervisor})
		stream := apitest.OpenStreamIn(t, h, w.People.Enter(boss), "Accept-Encoding", "gzip")
		w.Feed.Publish(feed.Event{Kind: feed.KindSettings, Body: []byte(`{"n":1}`)})
		synctest.Wait()
		require.Empty(t, stream.Header().Get("Content-Encoding"))
		require.Equal(t, []string{"settings 1"}, stream.Heard())
	})
}
