'use strict';

const cookie = name => document.cookie.split('; ').find(each => each.startsWith(name + '='))?.slice(name.length + 1);

async function call(path, method = 'GET', body) {
  const headers = { Accept: 'application/json, application/problem+json' };
  if (method !== 'GET') headers['X-XSRF-TOKEN'] = decodeURIComponent(cookie('XSRF-TOKEN') ?? '');
  if (body) headers['Content-Type'] = 'application/json';
  const response = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
  const text = await response.text();
  const answer = text ? JSON.parse(text) : null;
  if (!response.ok) throw new Error(answer?.detail ?? `The service answered with status ${response.status}`);
  return answer;
}

function notice(message) {
  const element = document.getElementById('notice');
  element.textContent = message;
  element.hidden = !message;
}

const act = action => async event => {
  event.target.disabled = true;
  try { await action(); notice(''); } catch (e) { notice(e.message); }
  await show();
};

function button(text, quiet, action) {
  const element = document.createElement('button');
  element.textContent = text;
  element.className = quiet ? 'quiet' : '';
  element.addEventListener('click', act(action));
  return element;
}

const when = instant => new Date(instant).toLocaleString();

const sentences = {
  none: () => 'You have not asked to join yet.',
  pending: request => `You asked on ${when(request.since)}. A moderator has not decided yet.`,
  approved: () => 'You may take part. Start a peer with your Hugging Face token.',
  refused: request => `You were refused: ${request.reason}`,
};

function showPerson(me) {
  const person = document.getElementById('person');
  if (me.account) {
    const name = document.createElement('span');
    name.textContent = me.account + ' ';
    person.replaceChildren(name, button('Log out', true, () => call('/logout', 'POST')));
  } else {
    const link = document.createElement('a');
    link.className = 'button';
    link.href = '/oauth2/authorization/huggingface';
    link.textContent = 'Log in with Hugging Face';
    person.replaceChildren(link);
  }
}

async function showRun(run, me) {
  const card = document.getElementById('run').content.cloneNode(true);
  const path = `/api/v1/runs/${run.run}`;
  card.querySelector('h2').textContent = run.run;
  card.querySelector('.description').textContent = run.description;
  const facts = {
    Task: run.configuration.task,
    'Samples an epoch': run.configuration.targetBatchSize.toLocaleString(),
    'Entry points': run.entryPoints.join(', ') || 'none yet',
    Accounts: run.accounts,
  };
  for (const [name, value] of Object.entries(facts)) {
    const term = document.createElement('dt');
    const text = document.createElement('dd');
    term.textContent = name;
    text.textContent = value;
    card.querySelector('dl').append(term, text);
  }
  const state = card.querySelector('.state');
  if (!me.account) {
    state.textContent = 'Log in to ask to join.';
    return card;
  }
  const request = await call(`${path}/join-requests/me`);
  state.textContent = sentences[request.state](request);
  state.classList.add(request.state);
  const ask = card.querySelector('.ask');
  ask.hidden = request.state !== 'none';
  ask.addEventListener('click', act(() => call(`${path}/join-requests`, 'POST')));
  if (me.moderates.includes(run.run)) {
    const section = card.querySelector('.moderation');
    const pending = await call(`${path}/join-requests?state=pending`);
    section.hidden = false;
    section.querySelector('ul').replaceChildren(...pending.map(each => {
      const item = document.createElement('li');
      const text = document.createElement('span');
      text.textContent = `${each.account}, since ${when(each.since)}`;
      const answers = document.createElement('span');
      answers.append(
        button('Approve', false, () => call(`${path}/join-requests/${each.id}/approve`, 'POST')),
        ' ',
        button('Refuse', true, async () => {
          const reason = prompt(`Why is ${each.account} refused? They will read it.`);
          if (reason) await call(`${path}/join-requests/${each.id}/refuse`, 'POST', { reason });
        }));
      item.append(text, answers);
      return item;
    }));
    if (!pending.length) section.querySelector('h3').textContent = 'Nobody waits for an answer';
  }
  return card;
}

async function show() {
  try {
    const me = await call('/api/v1/me');
    const runs = await call('/api/v1/runs');
    showPerson(me);
    const cards = await Promise.all(runs.map(run => showRun(run, me)));
    const empty = document.createElement('p');
    empty.textContent = 'There is no run here yet (starling.auth.runs).';
    document.getElementById('runs').replaceChildren(...(cards.length ? cards : [empty]));
  } catch (e) {
    notice(e.message);
  }
}

if (new URLSearchParams(location.search).get('login') === 'failed') {
  notice('The login at Hugging Face did not succeed, or was denied. Try again.');
  history.replaceState(null, '', '/');
}
show();
