// Checked by the compiler, never run: the control socket.

import JobManager = require('../../index.js');
import {Control, ControlError, listen} from '../../lib/control';

async function useControl(jobManager: JobManager): Promise<void> {
    const control: Control = await listen(jobManager);
    const path: string = control.path;
    await control.close();
    await listen(jobManager, {socket: '/run/reports/control.sock', actions: ['run', 'cancel']});
    await listen(jobManager, {name: 'reports', actions: false});
    // @ts-expect-error -- no such action
    await listen(jobManager, {actions: ['delete']});
    // @ts-expect-error -- a socket is a file
    await listen(jobManager, {port: 3001});
    // @ts-expect-error -- it is read-only
    control.path = path;
}

function codeOf(error: ControlError): 'CONTROL_SOCKET_IN_USE' | undefined {
    return error.code === 'CONTROL_SOCKET_IN_USE' ? error.code : undefined;
}

void [useControl, codeOf];
