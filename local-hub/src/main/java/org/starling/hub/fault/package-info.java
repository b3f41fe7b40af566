/** Misbehaviour on request, so that tests see how a client copes with a hub that is slow, busy or broken. */
@NullMarked
package org.starling.hub.fault;

import org.jspecify.annotations.NullMarked;
