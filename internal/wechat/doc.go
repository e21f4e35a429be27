// Package wechat is the language of the WeChat Official Account platform: signatures, the cipher, what a callback looks
// like before and after it is opened, what may be answered and sent, and what the platform's error codes mean.
//
// It is pure: no network, no files, no clock. Whoever needs the time passes it in.
//
// A callback goes through it in this order, and each step trusts only what the steps before have proved:
//
//	ParseQuery       the shape of signature, timestamp and nonce
//	ReadEnvelope     the encrypted part of the body, and nothing else of it
//	VerifySignature  that WeChat wrote it
//	Cipher.Open      what it says, and that it is meant for this account
//	ReadInbound      the message or event
//
// Nothing here panics on what a stranger sends, and no error text holds a secret, a signature or what somebody said.
package wechat
