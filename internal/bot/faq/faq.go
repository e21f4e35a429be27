package faq

import (
	"context"
	"fmt"
	"unicode"
	"unicode/utf8"

	"wxdesk/internal/bot"
	"wxdesk/internal/conversation"
)

// Connector answers from entries in the ledger and always answers something. It understands all languages that it has entries
// in, and speaks the account's where it has nothing better to say.
type Connector struct {
	Entries interface {
		// FAQEntries are the account's own entries and those for all accounts.
		FAQEntries(ctx context.Context, t conversation.Tenant, a conversation.AccountID) ([]bot.FAQEntry, error)
	}
}

// Answer finds the longest phrase that the text contains. The phrases by which a customer asks for a person take part in that, so an
// entry may be more specific than they are.
func (f Connector) Answer(ctx context.Context, q bot.Question) (bot.Answer, error) {
	if q.Kind == "subscribe" {
		return says(greeting(q.Language)), nil
	}
	entries, err := f.Entries.FAQEntries(ctx, q.Tenant, q.AccountID)
	if err != nil {
		return bot.Answer{}, fmt.Errorf("read the FAQ: %w", err)
	}
	text := bot.Fold(q.Text)
	best, found := longest(text, q.Language, entries)
	wish := longestWish(text)
	switch {
	case wish > 0 && wish >= utf8.RuneCountInString(best.Phrase):
		return bot.Answer{Command: bot.CommandEscalate, Reason: "the customer asked for a person"}, nil
	case found:
		return says(best.Answer), nil
	case q.First:
		return says(greeting(q.Language)), nil
	}
	return says(fallback(q.Language)), nil
}

func says(text string) bot.Answer { return bot.Answer{Texts: []string{text}} }

// longest finds the entry with the longest phrase in text. Of equally long ones the last in the text wins, because the
// question follows the greeting; of the same phrase in several languages, the account's.
func longest(text string, speaks conversation.Language, entries []bot.FAQEntry) (best bot.FAQEntry, found bool) {
	length, place := 0, -1
	for _, e := range entries {
		n, at := utf8.RuneCountInString(e.Phrase), find(text, e.Phrase)
		if at < 0 {
			continue
		}
		better := n > length || n == length && (at > place || at == place && e.Language == speaks && best.Language != speaks)
		if better {
			best, length, place, found = e, n, at, true
		}
	}
	return best, found
}

func longestWish(text string) (length int) {
	for _, wish := range wishes {
		if n := utf8.RuneCountInString(wish); n > length && find(text, wish) >= 0 {
			length = n
		}
	}
	return length
}

// find returns where text has phrase first, or -1. In scripts that separate words, the phrase must be whole words: "person" is not in
// "personal", but 人工 is in 找人工客服.
func find(text, phrase string) int {
	for at := 0; phrase != "" && at+len(phrase) <= len(text); {
		if text[at:at+len(phrase)] == phrase && !joined(text[:at], phrase, true) && !joined(text[at+len(phrase):], phrase, false) {
			return at
		}
		_, size := utf8.DecodeRuneInString(text[at:])
		at += size
	}
	return -1
}

// joined reports whether the text beside phrase continues its first or last word.
func joined(beside, phrase string, before bool) bool {
	var neighbour, edge rune
	if before {
		neighbour, _ = utf8.DecodeLastRuneInString(beside)
		edge, _ = utf8.DecodeRuneInString(phrase)
	} else {
		neighbour, _ = utf8.DecodeRuneInString(beside)
		edge, _ = utf8.DecodeLastRuneInString(phrase)
	}
	return beside != "" && spaced(neighbour) && spaced(edge)
}

// spaced reports whether r belongs to a script that puts spaces between words.
func spaced(r rune) bool {
	return unicode.IsDigit(r) || unicode.In(r, unicode.Latin, unicode.Cyrillic, unicode.Greek)
}
