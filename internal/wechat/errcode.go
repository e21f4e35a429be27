package wechat

import "strconv"

// ErrCode is the errcode of an API answer; 0 is success.
type ErrCode int

// The codes that our code names. The table below knows more.
const (
	CodeBusy               ErrCode = -1
	CodeOK                 ErrCode = 0
	CodeInvalidCredential  ErrCode = 40001 // wrong or superseded access token; on the token API: wrong AppSecret
	CodeMalformedToken     ErrCode = 40014
	CodeTokenExpired       ErrCode = 42001
	CodeDailyQuota         ErrCode = 45009
	CodeMinuteQuota        ErrCode = 45011
	CodeReplyWindowClosed  ErrCode = 45015
	CodeReplyCountSpent    ErrCode = 45047
	CodeAPIUnauthorized    ErrCode = 48001
	CodeAddressNotOnList   ErrCode = 40164
	CodeInvalidOpenID      ErrCode = 40003
	CodeContentTooLong     ErrCode = 45002
	CodeInvalidMediaID     ErrCode = 40007
	CodeInvalidAppSecret   ErrCode = 40125
	CodeAppSecretFrozen    ErrCode = 40243
	CodeInvalidAppID       ErrCode = 40013
	CodeUserRefusesMessage ErrCode = 48002
	CodeTextEmpty          ErrCode = 44004
	CodeArticleEmpty       ErrCode = 44003
	CodeTooManyArticles    ErrCode = 45008
)

// String implements fmt.Stringer.
func (c ErrCode) String() string { return strconv.Itoa(int(c)) }

// Class says what to do about an error code.
type Class int

// The classes.
const (
	ClassOK         Class = iota + 1
	ClassRefresh          // not sent: get another access token, then repeat once
	ClassBusy             // not sent, by the platform's word: back off, at most MaxTries tries in all
	ClassThrottled        // not sent: wait a minute or more
	ClassDailyQuota       // not sent: the account pauses until the quota is renewed
	ClassRefused          // final: this message will never go to this customer
	ClassConfig           // final, and a person must look at the account, its rights or this program
	ClassUnknown          // not in the table: final, and a person must look
	ClassAwaiting         // not sent: the account's administrator has been asked; a person must look, and it is worth MaxTries tries
)

// String implements fmt.Stringer.
func (c Class) String() string {
	names := [...]string{"", "ok", "refresh", "busy", "throttled", "daily-quota", "refused", "config", "unknown", "awaiting"}
	if c < ClassOK || int(c) >= len(names) {
		return "invalid"
	}
	return names[c]
}

// Alert reports whether a person must look.
func (c Class) Alert() bool { return c == ClassConfig || c == ClassUnknown || c == ClassAwaiting }

// ReasonUnknown is the Reason of a code that is not in the table.
const ReasonUnknown = "unknown-errcode"

// Class of a code; ClassUnknown if it is not in the table.
func (c ErrCode) Class() Class {
	return c.meaning().class
}

// Reason is a stable word for the desk and for tests, in kebab case; ReasonUnknown if the code is not in the table, ""
// for success. It never holds what the platform wrote.
func (c ErrCode) Reason() string {
	return c.meaning().reason
}

// Retry says when the call that got an error code may be made again, and what with.
type Retry string

// The ways to try again.
const (
	RetryNever      Retry = "never"       // the same call will always be refused
	RetryNewToken   Retry = "new-token"   // once, with another access token
	RetryNewUpload  Retry = "new-upload"  // once, with the medium uploaded again
	RetryBackOff    Retry = "back-off"    // from a second on, each time longer, at most MaxTries tries in all
	RetryNextMinute Retry = "next-minute" // after a minute or more
	RetryTomorrow   Retry = "tomorrow"    // when the daily quota is renewed
	RetryInMinutes  Retry = "minutes"     // when the account's administrator has answered
	RetryInAnHour   Retry = "hour"        // the administrator refused, and may be asked again then
	RetryInADay     Retry = "day"         // the administrator refused twice
)

// Retry of a code; RetryNever if it is not in the table, and for success.
func (c ErrCode) Retry() Retry {
	switch c {
	case CodeInvalidMediaID, 46001:
		return RetryNewUpload
	case 89507:
		return RetryInAnHour
	case 89506:
		return RetryInADay
	}
	switch c.Class() {
	case ClassRefresh:
		return RetryNewToken
	case ClassBusy:
		return RetryBackOff
	case ClassThrottled:
		return RetryNextMinute
	case ClassDailyQuota:
		return RetryTomorrow
	case ClassAwaiting:
		return RetryInMinutes
	}
	return RetryNever
}

type meaning struct {
	class  Class
	reason string
}

// meaning looks a code up: in the table, then among the families of codes that mean one thing to us.
func (c ErrCode) meaning() meaning {
	if m, known := errCodes[c]; known {
		return m
	}
	for _, family := range families {
		if c >= family.first && c <= family.last {
			return family.meaning
		}
	}
	return meaning{ClassUnknown, ReasonUnknown}
}

// families never change.
var families = [...]struct {
	first, last ErrCode
	meaning     meaning
}{
	{40015, 40028, meaning{ClassConfig, "menu-invalid"}},            // type, number, name, key and URL of buttons
	{61451, 61457, meaning{ClassConfig, "service-account-invalid"}}, // customer-service accounts, older numbers
	{65301, 65319, meaning{ClassConfig, "personal-menu-invalid"}},
	{65400, 65417, meaning{ClassConfig, "service-account-invalid"}}, // 65401: it does not exist
}

// errCodes is the platform's table, as far as an account's API calls can meet it: documentation and error tables of SDKs.
// The classes are our judgement. It never changes.
var errCodes = map[ErrCode]meaning{
	CodeOK:   {ClassOK, ""},
	CodeBusy: {ClassBusy, "wechat-busy"},
	61450:    {ClassBusy, "wechat-busy"}, // customer-service system error

	CodeInvalidCredential: {ClassRefresh, "access-token-refused"},
	CodeMalformedToken:    {ClassRefresh, "access-token-refused"},
	CodeTokenExpired:      {ClassRefresh, "access-token-expired"},

	CodeMinuteQuota: {ClassThrottled, "minute-quota-spent"},
	CodeDailyQuota:  {ClassDailyQuota, "daily-quota-spent"},

	// The customer cannot or does not want to get it.
	CodeInvalidOpenID:      {ClassRefused, "customer-unknown"},
	43004:                  {ClassRefused, "customer-not-following"},
	50005:                  {ClassRefused, "customer-not-following"},
	43019:                  {ClassRefused, "customer-blacklisted"},
	43101:                  {ClassRefused, "customer-refuses-notices"},
	CodeUserRefusesMessage: {ClassRefused, "customer-refuses-messages"},
	50003:                  {ClassRefused, "customer-unexpected"},
	CodeReplyWindowClosed:  {ClassRefused, "reply-window-closed"},
	CodeReplyCountSpent:    {ClassRefused, "reply-count-spent"},

	// The content is not acceptable.
	40004:               {ClassRefused, "media-type-invalid"},
	40005:               {ClassRefused, "media-type-invalid"},
	40006:               {ClassRefused, "media-too-large"},
	CodeInvalidMediaID:  {ClassRefused, "media-expired"},
	46001:               {ClassRefused, "media-expired"},
	40009:               {ClassRefused, "media-too-large"},
	40010:               {ClassRefused, "media-too-large"},
	40011:               {ClassRefused, "media-too-large"},
	40012:               {ClassRefused, "media-too-large"},
	40113:               {ClassRefused, "media-type-invalid"},
	45001:               {ClassRefused, "media-too-large"},
	45007:               {ClassRefused, "voice-too-long"},
	CodeContentTooLong:  {ClassRefused, "content-too-long"},
	45003:               {ClassRefused, "title-too-long"},
	45004:               {ClassRefused, "description-too-long"},
	45005:               {ClassRefused, "url-too-long"},
	45006:               {ClassRefused, "picture-url-too-long"},
	CodeTooManyArticles: {ClassRefused, "too-many-articles"},
	CodeArticleEmpty:    {ClassRefused, "article-empty"},
	CodeTextEmpty:       {ClassRefused, "text-empty"},
	40033:               {ClassRefused, "characters-invalid"},
	40200:               {ClassRefused, "not-for-this-account-kind"},
	45162:               {ClassRefused, "not-for-this-account-kind"},
	48008:               {ClassRefused, "no-right-for-message-type"},

	// Typing, templates, mass messages.
	45072: {ClassRefused, "typing-command-invalid"},
	45080: {ClassRefused, "typing-too-late"},
	45081: {ClassRefused, "typing-already"},
	45065: {ClassRefused, "client-message-id-known"},
	45066: {ClassThrottled, "client-message-id-too-soon"},
	45067: {ClassRefused, "client-message-id-too-long"},
	40037: {ClassConfig, "template-unknown"},
	47003: {ClassConfig, "template-data-invalid"},

	// The account is set up wrongly, or lacks a right.
	40002:                {ClassConfig, "grant-type-invalid"},
	CodeInvalidAppID:     {ClassConfig, "app-id-invalid"},
	CodeInvalidAppSecret: {ClassConfig, "app-secret-invalid"},
	CodeAddressNotOnList: {ClassConfig, "address-not-on-list"},
	CodeAppSecretFrozen:  {ClassConfig, "app-secret-frozen"},
	CodeAPIUnauthorized:  {ClassConfig, "api-unauthorized"},
	41002:                {ClassConfig, "app-id-missing"},
	41004:                {ClassConfig, "app-secret-missing"},
	48004:                {ClassConfig, "api-forbidden"},
	48006:                {ClassConfig, "quota-reset-spent"},
	50001:                {ClassConfig, "account-unauthorized"},
	50002:                {ClassConfig, "account-limited"},
	61003:                {ClassConfig, "component-unauthorized"},
	61004:                {ClassConfig, "address-not-on-list"},
	61007:                {ClassConfig, "component-unauthorized"},
	61024:                {ClassConfig, "managed-by-component"},
	89501:                {ClassAwaiting, "address-awaits-administrator"},
	89502:                {ClassAwaiting, "address-awaits-administrator"},
	89503:                {ClassAwaiting, "address-awaits-administrator"},
	89504:                {ClassAwaiting, "address-awaits-administrator"},
	89505:                {ClassAwaiting, "address-awaits-administrator"},
	89506:                {ClassConfig, "address-refused-by-administrator"},
	89507:                {ClassConfig, "address-refused-by-administrator"},
	40201:                {ClassConfig, "callback-url-invalid"},
	46002:                {ClassConfig, "menu-missing"},
	46003:                {ClassConfig, "menu-missing"},

	// This program did something wrong.
	40008: {ClassConfig, "request-invalid"},
	40035: {ClassConfig, "request-invalid"},
	40097: {ClassConfig, "request-invalid"},
	47001: {ClassConfig, "request-invalid"},
	41001: {ClassConfig, "access-token-missing"},
	42007: {ClassConfig, "access-token-wrong-kind"},
	43002: {ClassConfig, "request-invalid"},
	43003: {ClassConfig, "request-invalid"},
	40202: {ClassConfig, "request-invalid"},
	40203: {ClassConfig, "request-invalid"},
	44002: {ClassConfig, "request-invalid"},
}
