/** What the controllers share: the public address, errors in the Hub's shape, plain pages. */
@NullMarked
package org.starling.hub.web;

import org.jspecify.annotations.NullMarked;
