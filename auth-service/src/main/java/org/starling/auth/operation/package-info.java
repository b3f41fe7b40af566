/** What operators do over HTTP: make runs, give offices, change the authority's keys, read what was done. */
@NullMarked
package org.starling.auth.operation;

import org.jspecify.annotations.NullMarked;
