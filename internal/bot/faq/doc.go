// Package faq is the built-in bot. It answers from entries in the ledger, and always answers something.
package faq
