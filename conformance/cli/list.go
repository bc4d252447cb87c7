package cli

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/parlance-dev/parlance/conformance"
)

// list prints the cases.
func (c *command) list() *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use: "list", Short: "print every case with the line of the contract that it judges",
		Example: "  conformance list | grep rooms/", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var o conformance.Options
			if err := c.judgeBy(&o); err != nil {
				return err
			}
			all, err := conformance.Cases(o.Contract, o.Own)
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(all)
			}
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			for _, one := range all {
				if _, err := fmt.Fprintf(w, "%s\t%s\t%s\n", one.ID, one.Section, one.Contract); err != nil {
					return err
				}
			}
			return w.Flush()
		},
	}
	cmd.Flags().StringVar(&c.contract, "contract", "", "AsyncAPI 3 document whose cases to print (default: the contract that is built in)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return cmd
}
