package notice

import "wxdesk/internal/conversation"

// parked tells a customer who wished for a person that one will come.
var parked = map[conversation.Language]string{
	conversation.LanguageChinese:            "已为您转接人工客服，请稍候，同事会尽快回复您。您可以继续留言。",
	conversation.LanguageTraditionalChinese: "已為您轉接真人客服，請稍候，同事會盡快回覆您。您可以繼續留言。",
	conversation.LanguageEnglish:            "You are in the queue for a colleague, who will answer here as soon as possible. You can keep writing meanwhile.",
	conversation.LanguageJapanese:           "担当者におつなぎします。順番にお返事しますので、少々お待ちください。このままメッセージをお送りいただけます。",
	conversation.LanguageIndonesian:         "Anda sudah masuk antrean petugas kami dan akan segera dibalas di sini. Silakan terus menulis sambil menunggu.",
}

// waiting are what customers are told whose wait will not be a short one, or is over without an answer.
var waiting = map[string]map[conversation.Language]string{
	"parked": parked,
	"out-of-hours": {
		conversation.LanguageChinese:            "现在是非工作时间，暂时没有同事在线。您可以先留言，我们上班后会尽快回复。",
		conversation.LanguageTraditionalChinese: "現在是非服務時間，暫時沒有同事在線。您可以先留言，我們上班後會盡快回覆。",
		conversation.LanguageEnglish:            "Our colleagues are not at work right now. Leave your message here, and we will answer once we are open again.",
		conversation.LanguageJapanese:           "ただいま営業時間外です。メッセージをお送りいただければ、営業時間になりましたらお返事いたします。",
		conversation.LanguageIndonesian:         "Saat ini di luar jam kerja kami. Silakan tinggalkan pesan, dan kami akan membalas saat buka kembali.",
	},
	"holiday": {
		conversation.LanguageChinese:            "今天我们放假。您可以先留言，假期结束后我们会尽快回复。",
		conversation.LanguageTraditionalChinese: "今天我們放假。您可以先留言，假期結束後我們會盡快回覆。",
		conversation.LanguageEnglish:            "We are closed for a holiday today. Leave your message here, and we will answer after it.",
		conversation.LanguageJapanese:           "本日は休業日です。メッセージをお送りいただければ、休業明けにお返事いたします。",
		conversation.LanguageIndonesian:         "Hari ini kami libur. Silakan tinggalkan pesan, dan kami akan membalas setelah libur.",
	},
	"full": {
		conversation.LanguageChinese:            "抱歉，目前咨询人数较多，我们暂时无法接待。请您稍后再次发送消息。",
		conversation.LanguageTraditionalChinese: "抱歉，目前諮詢人數較多，我們暫時無法接待。請您稍後再次發送訊息。",
		conversation.LanguageEnglish:            "We are sorry: too many customers are waiting, and we cannot answer now. Please write to us again later.",
		conversation.LanguageJapanese:           "申し訳ございません。ただいま大変混み合っており、お返事ができません。時間をおいて、もう一度メッセージをお送りください。",
		conversation.LanguageIndonesian:         "Mohon maaf, saat ini terlalu banyak pelanggan yang menunggu sehingga kami belum dapat melayani. Silakan kirim pesan lagi nanti.",
	},
	"nobody": {
		conversation.LanguageChinese:            "暂时没有同事可以接待您，回复可能需要较长时间。您的留言我们已收到，会尽快处理。",
		conversation.LanguageTraditionalChinese: "暫時沒有同事可以接待您，回覆可能需要較長時間。您的留言我們已收到，會盡快處理。",
		conversation.LanguageEnglish:            "No colleague is free for you yet, so an answer may take longer. We have your message and will come back to you.",
		conversation.LanguageJapanese:           "ただいま対応できる担当者がおりません。お返事までお時間をいただく場合がございますが、メッセージは承りました。",
		conversation.LanguageIndonesian:         "Belum ada petugas yang tersedia, jadi balasan mungkin memerlukan waktu lebih lama. Pesan Anda sudah kami terima.",
	},
}

// Waiting returns the automated message of a kind (routing.Notice) to a customer who waits for people or is not served. For an unknown
// kind it is the one of "parked", for an unknown language it is in the default one.
func Waiting(l conversation.Language, kind string) string {
	texts, ok := waiting[kind]
	if !ok {
		texts = parked
	}
	if text, ok := texts[l]; ok {
		return text
	}
	return texts[conversation.DefaultLanguage]
}
