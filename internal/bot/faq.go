package bot

import (
	"strings"
	"time"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"wxdesk/internal/conversation"
)

// FAQEntry is an entry of the built-in bot: a phrase to look for, and the answer to it.
type FAQEntry struct {
	Language conversation.Language
	Phrase   string // folded, see Fold
	Answer   string // 1 to wechat.MaxTextBytes bytes
}

// FAQEntryID names an entry of the FAQ; a UUID.
type FAQEntryID string

// KeptFAQEntry is an entry as it stands in the ledger.
type KeptFAQEntry struct {
	FAQEntry
	Tenant    conversation.Tenant
	ID        FAQEntryID
	AccountID conversation.AccountID // "" for all accounts
	Version   int64                  // counts changes, from 1
	CreatedAt time.Time
	UpdatedAt time.Time
}

// FAQFilter narrows a list of entries; empty fields do not.
type FAQFilter struct {
	AccountID conversation.AccountID // its own entries, without those for all accounts
	Language  conversation.Language
}

// Fold brings a text into the form in which phrases are compared: NFKC, case folded, white space as single spaces. Full-
// width letters become ordinary ones.
func Fold(text string) string {
	return strings.Join(strings.Fields(cases.Fold().String(norm.NFKC.String(text))), " ")
}
