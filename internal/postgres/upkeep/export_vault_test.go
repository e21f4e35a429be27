package upkeep

// Vault is one of vaults, for tests that look and tamper past the adapter.
type Vault struct{ Table, Column, ID string }

// Vaults are all places whose values a master key seals.
func Vaults() (all []Vault) {
	for _, v := range vaults() {
		all = append(all, Vault{v.table, v.column, v.id})
	}
	return all
}
