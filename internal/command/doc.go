// Package command has what people ask of a conversation, from accept to resend, and how that is answered: done, or refused with a reason.
// It is pure. Package lifecycle decides, and package postgres/act applies the decision in one transaction.
package command
