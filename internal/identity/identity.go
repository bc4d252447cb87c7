// Package identity names what a connection's identity holds beside user and role,
// for those who put it there and those who look: features know nothing of each
// other. It imports nothing.
package identity

// Department is the key of sio.Identity.Attributes that names the user's
// department; it is absent where the token names none.
const Department = "department"
