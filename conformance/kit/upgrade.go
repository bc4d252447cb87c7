package kit

import "github.com/parlance-dev/parlance/conformance/driver"

// ConnectUpgrading connects as a user and returns while the client may still be
// on its way to another transport.
func (t *T) ConnectUpgrading(id string) *Client {
	auth := map[string]any{"token": t.Token(Claims{"userId": id})}
	c, _, err := t.dial(func(o *driver.DialOptions) { o.Auth = auth })
	if err != nil {
		t.Fatalf("a good token is refused: %v", err)
	}
	c.User = id
	return c
}

// AwaitUpgrade waits until the client has moved to a websocket.
func (c *Client) AwaitUpgrade() {
	to, err := c.Upgraded(c.t.Patient())
	c.t.Must(err)
	c.t.Expect(to).To(equal("websocket"), "transport after the upgrade")
}
