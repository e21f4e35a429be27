package conversation

// Language is a language of automated messages and of the built-in bot; a BCP 47 tag.
type Language string

// The five languages.
const (
	LanguageChinese            Language = "zh-CN"
	LanguageTraditionalChinese Language = "zh-TW"
	LanguageEnglish            Language = "en"
	LanguageJapanese           Language = "ja"
	LanguageIndonesian         Language = "id"
)

// DefaultLanguage is the language of an account that names none.
const DefaultLanguage = LanguageChinese

// Valid reports whether l is one of the five.
func (l Language) Valid() bool {
	switch l {
	case LanguageChinese, LanguageTraditionalChinese, LanguageEnglish, LanguageJapanese, LanguageIndonesian:
		return true
	}
	return false
}
