/**
 * The history of a run: who took part in which epoch, signed by those who did. A record names its parent, so that the
 * records form a chain; the head that counts is chosen by {@link org.starling.swarm.ledger.ForkChoice}. Everything here
 * is a pure function of signed data. Start at {@link org.starling.swarm.ledger.EpochRecord} and {@link
 * org.starling.swarm.ledger.Ledger}.
 */
@NullMarked
package org.starling.swarm.ledger;

import org.jspecify.annotations.NullMarked;
