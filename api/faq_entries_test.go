package api_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/conversation"
)

// faqShelf keeps entries in memory, in the order of creation.
type faqShelf struct {
	mu      sync.Mutex
	entries []conversation.KeptFAQEntry
	filter  conversation.FAQFilter // of the last list
}

func (s *faqShelf) CreateFAQEntry(_ context.Context, by conversation.Actor, e conversation.KeptFAQEntry) (conversation.KeptFAQEntry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, other := range s.entries {
		if other.AccountID == e.AccountID && other.Language == e.Language && other.Phrase == e.Phrase {
			return conversation.KeptFAQEntry{}, conversation.ErrExists
		}
	}
	if e.AccountID == convA {
		return conversation.KeptFAQEntry{}, conversation.ErrNotFound
	}
	e.Tenant, e.ID, e.Version = by.Tenant, conversation.FAQEntryID(uuid.NewString()), 1
	s.entries = append(s.entries, e)
	return e, nil
}

func (s *faqShelf) FAQEntry(_ context.Context, _ conversation.Tenant, id conversation.FAQEntryID) (conversation.KeptFAQEntry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.entries {
		if e.ID == id {
			return e, nil
		}
	}
	return conversation.KeptFAQEntry{}, conversation.ErrNotFound
}

func (s *faqShelf) ListFAQEntries(_ context.Context, _ conversation.Tenant, f conversation.FAQFilter, after conversation.FAQEntryID, limit int) ([]conversation.KeptFAQEntry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.filter = f
	rest := s.entries
	for i, e := range s.entries {
		if e.ID == after {
			rest = s.entries[i+1:]
		}
	}
	return rest[:min(limit, len(rest))], nil
}

func (s *faqShelf) UpdateFAQEntry(_ context.Context, _ conversation.Actor, e conversation.KeptFAQEntry) (conversation.KeptFAQEntry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e.Version++
	for i := range s.entries {
		if s.entries[i].ID == e.ID {
			s.entries[i] = e
		}
	}
	return e, nil
}

func (s *faqShelf) DeleteFAQEntry(_ context.Context, _ conversation.Actor, id conversation.FAQEntryID) error {
	_, err := s.FAQEntry(context.Background(), "", id)
	return err
}

type faqShown struct {
	ID        string
	AccountID *string `json:"account_id"`
	Language  string
	Phrase    string
	Answer    string
}

func TestFAQEntries_areFoldedWhereTheyComeIn(t *testing.T) {
	t.Parallel()
	h := newWorld().handler()
	answer := call(t, h, "admin", http.MethodPost, "/v1/faq-entries", `{"language":"en","phrase":" ＯＰＥＮＩＮＧ  Hours ","answer":"9 to 5"}`)
	require.Equal(t, http.StatusCreated, answer.Code, answer.Body.String())
	got := decode[faqShown](t, answer)
	require.Equal(t, faqShown{got.ID, nil, "en", "opening hours", "9 to 5"}, got)
	path := "/v1/faq-entries/" + got.ID
	require.Equal(t, path, answer.Header().Get("Location"))
	require.JSONEq(t, answer.Body.String(), call(t, h, "admin", http.MethodGet, path, "").Body.String())

	changed := call(t, h, "admin", http.MethodPatch, path, `{"phrase":"OPEN?"}`, "If-Match", `"1"`)
	require.Equal(t, http.StatusOK, changed.Code, changed.Body.String())
	require.Equal(t, "open?", decode[faqShown](t, changed).Phrase)
	require.Equal(t, `"2"`, changed.Header().Get("ETag"))
	requireProblem(t, call(t, h, "admin", http.MethodPatch, path, `{"answer":"x"}`, "If-Match", `"1"`), http.StatusPreconditionFailed, "changed-meanwhile")
	requireProblem(t, call(t, h, "admin", http.MethodPost, "/v1/faq-entries", `{"language":"en","phrase":"open?","answer":"x"}`), http.StatusConflict, "exists")
	require.Equal(t, http.StatusNoContent, call(t, h, "admin", http.MethodDelete, path, "").Code)
}

func TestFAQEntries_whatNobodyCouldUseIsRefused(t *testing.T) {
	t.Parallel()
	h := newWorld().handler()
	for field, body := range map[string]string{
		"phrase":     `{"language":"en","phrase":" \u200b ","answer":"x"}`,
		"answer":     `{"language":"en","phrase":"x","answer":"` + strings.Repeat("中", 683) + `"}`,
		"language":   `{"language":"de","phrase":"x","answer":"x"}`,
		"account_id": `{"account_id":"` + convA + `","language":"en","phrase":"x","answer":"x"}`,
	} {
		answer := call(t, h, "admin", http.MethodPost, "/v1/faq-entries", body)
		requireProblem(t, answer, http.StatusUnprocessableEntity, "invalid")
		require.Contains(t, answer.Body.String(), "body."+field)
	}
}

func TestFAQEntries_listedInPagesOfOneFilter(t *testing.T) {
	t.Parallel()
	w := newWorld()
	h := w.handler()
	var want []string
	for i := range 3 {
		answer := call(t, h, "admin", http.MethodPost, "/v1/faq-entries", fmt.Sprintf(`{"language":"en","phrase":"p%d","answer":"x"}`, i))
		want = append(want, decode[faqShown](t, answer).ID)
	}
	require.Equal(t, want, walk(t, h, "admin", "/v1/faq-entries?limit=2", 2))
	filtered := "/v1/faq-entries?limit=2&language=en&account=" + convA
	answer := call(t, h, "admin", http.MethodGet, filtered, "")
	require.Equal(t, conversation.FAQFilter{AccountID: convA, Language: "en"}, w.faq.filter)
	cursor := *decode[struct{ Next *string }](t, answer).Next
	requireProblem(t, call(t, h, "admin", http.MethodGet, "/v1/faq-entries?limit=2&cursor="+cursor, ""), http.StatusUnprocessableEntity, "invalid")
}
