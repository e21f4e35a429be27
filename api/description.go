package api

// apiDescription opens the description of the JSON API: what holds for all operations.
const apiDescription = `The HTTP API of wxdesk, a contact centre for WeChat Official Accounts.

Every request carries ` + "`Authorization: Bearer <API token>`" + `; whatever is wrong with a token, the answer is the same 401.
Bodies are strict JSON: unknown members, members given twice, and text after the value are refused.

Errors are problem documents (RFC 9457). Their ` + "`type`" + ` is ` + "`urn:wxdesk:problem:`" + ` and a stable name; titles and details are
for people and may change. No problem repeats a value that was sent.

Lists come in pages: ` + "`next`" + ` is the cursor of the next page, null on the last one. A cursor works for the very list it came
with: the same operation and filter. A query parameter without a value counts as absent.

Ids are UUIDs in lower case. Times are RFC 3339 in UTC.
`
