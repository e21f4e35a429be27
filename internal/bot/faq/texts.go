package faq

import "wxdesk/internal/conversation"

// wishes are the phrases by which a customer asks for a person, folded.
var wishes = []string{
	"转人工", "人工", "人工客服", "真人", "转接人工",
	"轉人工", "真人客服", "轉接真人",
	"human", "agent", "person", "real person", "operator", "representative",
	"オペレーター", "担当者", "有人対応",
	"manusia", "petugas", "orang sungguhan",
}

type phrases struct{ greeting, fallback string }

var spoken = map[conversation.Language]phrases{
	conversation.LanguageChinese: {
		greeting: "您好，欢迎！请直接告诉我您想了解什么。需要人工客服时，请回复“人工”。",
		fallback: "抱歉，我还不太明白您的意思。您可以换个说法，或者回复“人工”联系客服同事。",
	},
	conversation.LanguageTraditionalChinese: {
		greeting: "您好，歡迎！請直接告訴我您想了解什麼。需要真人客服時，請回覆「人工」。",
		fallback: "抱歉，我還不太明白您的意思。您可以換個說法，或者回覆「人工」聯絡客服同事。",
	},
	conversation.LanguageEnglish: {
		greeting: "Hello and welcome! Tell me what you would like to know. To reach a colleague, write \"human\".",
		fallback: "Sorry, I did not understand that. Try other words, or write \"human\" to reach a colleague.",
	},
	conversation.LanguageJapanese: {
		greeting: "こんにちは。ご質問をそのままお書きください。担当者をご希望の場合は「担当者」とお送りください。",
		fallback: "申し訳ありません、うまく理解できませんでした。別の言い方でお試しいただくか、「担当者」とお送りください。",
	},
	conversation.LanguageIndonesian: {
		greeting: "Halo, selamat datang! Silakan tulis pertanyaan Anda. Untuk berbicara dengan staf kami, tulis \"petugas\".",
		fallback: "Maaf, saya belum memahami maksud Anda. Coba dengan kata lain, atau tulis \"petugas\" untuk menghubungi staf kami.",
	},
}

func greeting(l conversation.Language) string { return phrasesIn(l).greeting }

func fallback(l conversation.Language) string { return phrasesIn(l).fallback }

func phrasesIn(l conversation.Language) phrases {
	if p, ok := spoken[l]; ok {
		return p
	}
	return spoken[conversation.DefaultLanguage]
}
