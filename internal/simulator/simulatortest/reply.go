package simulatortest

import (
	"fmt"

	"wxdesk/internal/simulator/envelope"
)

// TextReply is a correct passive reply, before encryption.
func TextReply(content string) string {
	return fmt.Sprintf("<xml><ToUserName><![CDATA[%s]]></ToUserName><FromUserName><![CDATA[%s]]></FromUserName>"+
		"<CreateTime>1700000000</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[%s]]></Content></xml>",
		OpenID, OriginalID, content)
}

// Wrapped encrypts a reply and signs it.
func Wrapped(reply string) string { return Wrap(reply, Token, AESKey, AppID) }

// Wrap encrypts a reply and signs it, with the parts to choose.
func Wrap(reply, token, encodingKey, appID string) string {
	return Wrapper(Seal(reply, encodingKey, appID), token, "1700000001", "12345")
}

// Seal encrypts a reply.
func Seal(reply, encodingKey, appID string) string {
	key, err := envelope.ParseKey(encodingKey)
	if err != nil {
		panic(err)
	}
	return envelope.Seal(key, [16]byte([]byte("0123456789abcdef")), []byte(reply), appID)
}

// Wrapper puts ciphertext into the document that is answered.
func Wrapper(encrypt, token, timestamp, nonce string) string {
	return fmt.Sprintf("<xml><Encrypt><![CDATA[%s]]></Encrypt><MsgSignature><![CDATA[%s]]></MsgSignature>"+
		"<TimeStamp>%s</TimeStamp><Nonce><![CDATA[%s]]></Nonce></xml>",
		encrypt, envelope.Sign(token, timestamp, nonce, encrypt), timestamp, nonce)
}
