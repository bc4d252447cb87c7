package kit

import "encoding/json"

// Present is Connect for cases about presence: it also waits until the backend
// has told the socket who is online. From then on the socket counts, and hears of
// every change: a backend may take note of a socket after it has let it in.
func (t *T) Present(claims Claims) *Client {
	c := t.Connect(claims)
	c.Settle()
	return c
}

// PresentUser is Present as a user of the role user.
func (t *T) PresentUser(id string) *Client { return t.Present(Claims{"userId": id}) }

// Settle waits until the backend has told the socket who is online.
func (c *Client) Settle() {
	c.Sees("online_users", func(json.RawMessage) bool { return true })
}
