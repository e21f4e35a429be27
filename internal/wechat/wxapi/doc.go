// Package wxapi calls WeChat's HTTP API for official accounts.
//
// It promises three things. A send is tried once, and its outcome says honestly whether WeChat took it, refused it, never
// saw it, or may have it: the platform knows no key by which it would recognise a repeat, so what may have been sent is
// never sent again from here. An access token is fetched by one process at a time, and by one goroutine in it. And no
// secret or token reaches an error text, a span, a log line or an outcome: AppSecret travels in a body, the access token
// is put into the URL below the layer that records spans, and so is whatever names a person or a medium.
//
// A send returns a wechat.SendOutcome, everything else an *Error if it fails. When to try again, and how often, is for
// the caller to say; only a refused access token is replaced here, once. Every call ends with its context, and with the
// patience of the http.Client at the latest.
package wxapi
