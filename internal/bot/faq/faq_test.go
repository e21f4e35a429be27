package faq_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/bot"
	"wxdesk/internal/bot/faq"
	"wxdesk/internal/conversation"
	"wxdesk/internal/wechat"
)

type entries []bot.FAQEntry

func (e entries) FAQEntries(context.Context, conversation.Tenant, conversation.AccountID) ([]bot.FAQEntry, error) {
	return e, nil
}

var errAway = errors.New("connection refused")

type away struct{}

func (away) FAQEntries(context.Context, conversation.Tenant, conversation.AccountID) ([]bot.FAQEntry, error) {
	return nil, errAway
}

func shop() faq.Connector {
	return faq.Connector{Entries: entries{
		{Language: conversation.LanguageEnglish, Phrase: bot.Fold("return"), Answer: "Within 30 days."},
		{Language: conversation.LanguageEnglish, Phrase: bot.Fold("return shipping"), Answer: "We pay for it."},
		{Language: conversation.LanguageChinese, Phrase: bot.Fold("退货"), Answer: "三十天内。"},
		{Language: conversation.LanguageChinese, Phrase: bot.Fold("人工智能手表"), Answer: "有货。"},
		{Language: conversation.LanguageEnglish, Phrase: "vip", Answer: "english"},
		{Language: conversation.LanguageChinese, Phrase: "vip", Answer: "中文"},
	}}
}

func ask(t *testing.T, text string, change ...func(*bot.Question)) bot.Answer {
	t.Helper()
	q := bot.Question{Kind: "text", Text: text, Language: conversation.LanguageChinese, Bot: bot.Bot{Kind: bot.KindFAQ}}
	for _, c := range change {
		c(&q)
	}
	a, err := shop().Answer(context.Background(), q)
	require.NoError(t, err)
	return a
}

func first(q *bot.Question) { q.First = true }

func TestFAQ_longestPhraseWins(t *testing.T) {
	require.Equal(t, []string{"Within 30 days."}, ask(t, "How do I RETURN this?").Texts)
	require.Equal(t, []string{"We pay for it."}, ask(t, "who pays return  shipping?").Texts)
	require.Equal(t, []string{"三十天内。"}, ask(t, "我想退货，可以吗").Texts)
}

func TestFAQ_tieGoesToTheLastPhrase(t *testing.T) {
	faq := faq.Connector{Entries: entries{
		{Language: conversation.LanguageChinese, Phrase: "你好", Answer: "您好！"},
		{Language: conversation.LanguageChinese, Phrase: "送货", Answer: "两三天。"},
	}}
	a, err := faq.Answer(context.Background(), bot.Question{Kind: "text", Text: "你好，几点送货？"})
	require.NoError(t, err)
	require.Equal(t, []string{"两三天。"}, a.Texts)
}

func TestFAQ_foldsWidthAndCase(t *testing.T) {
	require.Equal(t, []string{"Within 30 days."}, ask(t, "ＲＥＴＵＲＮ").Texts)
}

func TestFAQ_tieGoesToTheAccountsLanguage(t *testing.T) {
	require.Equal(t, []string{"中文"}, ask(t, "VIP").Texts)
	english := func(q *bot.Question) { q.Language = conversation.LanguageEnglish }
	require.Equal(t, []string{"english"}, ask(t, "VIP", english).Texts)
}

func TestFAQ_escalatesInFiveLanguages(t *testing.T) {
	for _, text := range []string{
		"转人工", "人工", "人工客服", "请帮我找真人", "轉人工", "human, please", "I want an AGENT!", "a person?",
		"オペレーターお願いします", "担当者", "saya mau bicara dengan manusia", "petugas",
	} {
		a := ask(t, text)
		require.Equal(t, bot.CommandEscalate, a.Command, text)
		require.Empty(t, a.Texts, text)
	}
}

func TestFAQ_partOfAWordDoesNotEscalate(t *testing.T) {
	for _, text := range []string{"personal data", "humane", "reagent", "agents2"} {
		require.Empty(t, ask(t, text).Command, text)
	}
}

func TestFAQ_longerEntryBeatsEscalation(t *testing.T) {
	require.Equal(t, []string{"有货。"}, ask(t, "有人工智能手表吗").Texts)
}

func TestFAQ_alwaysAnswersSomething(t *testing.T) {
	languages := []conversation.Language{"zh-CN", "zh-TW", "en", "ja", "id", "unheard-of"}
	for _, language := range languages {
		speaks := func(q *bot.Question) { q.Language = language }
		greeting, fallback := ask(t, "??", speaks, first), ask(t, "??", speaks)
		require.Len(t, greeting.Texts, 1)
		require.Len(t, fallback.Texts, 1)
		require.NotEqual(t, greeting, fallback)
		require.LessOrEqual(t, len(greeting.Texts[0]), wechat.MaxTextBytes)
		require.LessOrEqual(t, len(fallback.Texts[0]), wechat.MaxTextBytes)
	}
}

func TestFAQ_greetsWhereNothingElseAnswers(t *testing.T) {
	require.Equal(t, []string{"Within 30 days."}, ask(t, "return", first).Texts)
	require.Equal(t, bot.CommandEscalate, ask(t, "人工", first).Command)
	require.Equal(t, ask(t, "hello", first), ask(t, "", func(q *bot.Question) { q.Kind = "subscribe" }))
}

func TestFAQ_saysWhyItCouldNotRead(t *testing.T) {
	_, err := faq.Connector{Entries: away{}}.Answer(context.Background(), bot.Question{Kind: "text", Text: "x"})
	require.ErrorIs(t, err, errAway)
}
