// Package envelope is the simulator's own reading of how WeChat wraps a document: the signature, the cipher, and the XML of callbacks and
// replies (wechat-protocol section 2). It shares no code with internal/wechat, which it helps to judge: a mistake made twice the same way
// is a mistake that nobody sees.
//
// It decides nothing about accounts or customers, and does no I/O. Its errors say what is wrong and hold nothing that a customer wrote.
package envelope
