package orderflow

import "slices"

// Tracking identifies a parcel at its carrier.
type Tracking struct {
	Carrier        string `json:"carrier"`
	TrackingNumber string `json:"trackingNumber"`
}

// maxCorrections is how often the tracking of one shipment may be corrected. It bounds the order's
// size.
const maxCorrections = 10

// correct replaces the tracking of a dispatched shipment. A replaced tracking does not come back:
// carriers repeat notices, and an old one may arrive late.
func (s *Shipment) correct(o *Order, to Tracking, by By) error {
	now := Tracking{s.Carrier, s.TrackingNumber}
	switch {
	case to == now:
		return nil
	case slices.Contains(s.Replaced, to):
		return Errorf(CodeInvalidState, "shipment %s has a newer tracking number", s.ID)
	case len(s.Replaced) == maxCorrections:
		return Errorf(CodeInvalidState, "the tracking number of shipment %s was already corrected %d times", s.ID,
			maxCorrections)
	}
	s.Replaced = append(s.Replaced, now)
	s.Carrier, s.TrackingNumber = to.Carrier, to.TrackingNumber
	o.record(by.change(ShipmentCorrected))
	return nil
}
