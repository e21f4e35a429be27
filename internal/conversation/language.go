package conversation

// Language is one that automated messages and the built-in bot speak; a BCP 47 tag.
type Language string

// The five languages.
const (
	LanguageChinese            Language = "zh-CN"
	LanguageTraditionalChinese Language = "zh-TW"
	LanguageEnglish            Language = "en"
	LanguageJapanese           Language = "ja"
	LanguageIndonesian         Language = "id"
)

// Valid reports whether l is one of the five.
func (l Language) Valid() bool {
	_, ok := parkedNotice[l]
	return ok
}

// parkedNotice tells a customer who wished for a person that one will come.
var parkedNotice = map[Language]string{
	LanguageChinese:            "已为您转接人工客服，请稍候，同事会尽快回复您。您可以继续留言。",
	LanguageTraditionalChinese: "已為您轉接真人客服，請稍候，同事會盡快回覆您。您可以繼續留言。",
	LanguageEnglish:            "You are in the queue for a colleague, who will answer here as soon as possible. You can keep writing meanwhile.",
	LanguageJapanese:           "担当者におつなぎします。順番にお返事しますので、少々お待ちください。このままメッセージをお送りいただけます。",
	LanguageIndonesian:         "Anda sudah masuk antrean petugas kami dan akan segera dibalas di sini. Silakan terus menulis sambil menunggu.",
}

// ParkedNotice is the automated message for a customer whose conversation now waits in a queue.
func ParkedNotice(l Language) string {
	if text, ok := parkedNotice[l]; ok {
		return text
	}
	return parkedNotice[DefaultLanguage]
}
