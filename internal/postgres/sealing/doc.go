// Package sealing seals what the ledger keeps of people, and opens it again. A value is sealed for its place: the table, the tenant,
// the row, the column. What belongs to a customer is sealed by the customer's own data key, which a master key seals; everything else
// by a master key.
package sealing
