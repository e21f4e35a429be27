package admin_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/api/apitest"
	"wxdesk/internal/bot"
)

type faqShown struct {
	ID        string
	AccountID *string `json:"account_id"`
	Language  string
	Phrase    string
	Answer    string
}

func TestFAQEntries_phrasesAreFolded(t *testing.T) {
	t.Parallel()
	h := apitest.NewWorld().Handler()
	answer := apitest.Call(t, h, "admin", http.MethodPost, "/v1/faq-entries", `{"language":"en","phrase":" ＯＰＥＮＩＮＧ  Hours ","answer":"9 to 5"}`)
	require.Equal(t, http.StatusCreated, answer.Code, answer.Body.String())
	got := apitest.Decode[faqShown](t, answer)
	require.Equal(t, faqShown{got.ID, nil, "en", "opening hours", "9 to 5"}, got)
	path := "/v1/faq-entries/" + got.ID
	require.Equal(t, path, answer.Header().Get("Location"))
	require.JSONEq(t, answer.Body.String(), apitest.Call(t, h, "admin", http.MethodGet, path, "").Body.String())

	changed := apitest.Call(t, h, "admin", http.MethodPatch, path, `{"phrase":"OPEN?"}`, "If-Match", `"1"`)
	require.Equal(t, http.StatusOK, changed.Code, changed.Body.String())
	require.Equal(t, "open?", apitest.Decode[faqShown](t, changed).Phrase)
	require.Equal(t, `"2"`, changed.Header().Get("ETag"))
	apitest.RequireProblem(t, apitest.Call(t, h, "admin", http.MethodPatch, path, `{"answer":"x"}`, "If-Match", `"1"`), http.StatusPreconditionFailed, "changed-meanwhile")
	apitest.RequireProblem(t, apitest.Call(t, h, "admin", http.MethodPost, "/v1/faq-entries", `{"language":"en","phrase":"open?","answer":"x"}`), http.StatusConflict, "exists")
	require.Equal(t, http.StatusNoContent, apitest.Call(t, h, "admin", http.MethodDelete, path, "").Code)
}

func TestFAQEntries_invalidOnesAreRefused(t *testing.T) {
	t.Parallel()
	h := apitest.NewWorld().Handler()
	for field, body := range map[string]string{
		"phrase":     `{"language":"en","phrase":" \u200b ","answer":"x"}`,
		"answer":     `{"language":"en","phrase":"x","answer":"` + strings.Repeat("中", 683) + `"}`,
		"language":   `{"language":"de","phrase":"x","answer":"x"}`,
		"account_id": `{"account_id":"` + apitest.ConvA + `","language":"en","phrase":"x","answer":"x"}`,
	} {
		answer := apitest.Call(t, h, "admin", http.MethodPost, "/v1/faq-entries", body)
		apitest.RequireProblem(t, answer, http.StatusUnprocessableEntity, "invalid")
		require.Contains(t, answer.Body.String(), "body."+field)
	}
}

func TestFAQEntries_listedInPagesOfOneFilter(t *testing.T) {
	t.Parallel()
	w := apitest.NewWorld()
	h := w.Handler()
	var want []string
	for i := range 3 {
		answer := apitest.Call(t, h, "admin", http.MethodPost, "/v1/faq-entries", fmt.Sprintf(`{"language":"en","phrase":"p%d","answer":"x"}`, i))
		want = append(want, apitest.Decode[faqShown](t, answer).ID)
	}
	require.Equal(t, want, apitest.ReadPages(t, h, "admin", "/v1/faq-entries?limit=2", 2))
	filtered := "/v1/faq-entries?limit=2&language=en&account=" + apitest.ConvA
	answer := apitest.Call(t, h, "admin", http.MethodGet, filtered, "")
	require.Equal(t, bot.FAQFilter{AccountID: apitest.ConvA, Language: "en"}, w.FAQ.Filter)
	cursor := *apitest.Decode[struct{ Next *string }](t, answer).Next
	apitest.RequireProblem(t, apitest.Call(t, h, "admin", http.MethodGet, "/v1/faq-entries?limit=2&cursor="+cursor, ""), http.StatusUnprocessableEntity, "invalid")
}
